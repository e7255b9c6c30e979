import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { importEpisodes, type WholeMovie } from '../../api/movies'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'
import { episodesIn, plainRefusal } from './episodes-in'

const EXAMPLE = `[{ "episodeNumber": 1, "title": "The first one",
   "thumbnailUrl": "https://media.example/1.jpg",
   "videoPreviewUrl": "https://media.example/1-preview.mp4",
   "videoUrl": "https://media.example/1.mp4" }]`

/** Takes episodes as catalogues give them. */
export function ImportForm({ movie, onImported }: { movie: WholeMovie; onImported: () => void }): JSX.Element {
  // A movie without episodes is here to get some.
  const [isOpen, setOpen] = useState(movie.items.length === 0)
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get('episodes') ?? '')
    setBusy(true)
    setFailure('')
    try {
      const count = await importEpisodes(movie.id, episodesIn(text))
      notify(count === 1 ? '1 episode is imported' : `${count} episodes are imported`)
      setOpen(false)
      onImported()
    } catch (error) {
      setFailure(plainRefusal(messageOf(error)))
    }
    setBusy(false)
  }
  if (!isOpen) return <button type="button" class="import-button" onClick={() => setOpen(true)}>Import episodes</button>
  return (
    <section class="panel" aria-labelledby="import-title">
      <h2 id="import-title">Import episodes</h2>
      <form class="add-form" onSubmit={(event) => void onSubmit(event)}>
        <label class="field">Episodes as JSON, as your catalogue gives them
          <textarea name="episodes" class="code" rows={6} required placeholder={EXAMPLE} spellcheck={false}
            aria-invalid={failure !== ''} aria-describedby="import-help" />
        </label>
        <p id="import-help" class="quiet">
          Each has a number, and a thumbnail or a preview; <code>title</code> and <code>videoUrl</code> may be left out. A number that the movie has
          already gets these files. All of them are taken, or none.
        </p>
        {failure && <p class="row-error" role="alert">{failure}</p>}
        <div class="form-actions">
          <button type="submit" class="primary" disabled={isBusy}>Import</button>
          {movie.items.length > 0 && <button type="button" onClick={() => setOpen(false)}>Cancel</button>}
        </div>
      </form>
    </section>
  )
}
