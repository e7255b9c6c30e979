import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { getMovie, retryFailedEpisodes, type WholeMovie } from '../../api/movies'
import { mayChange } from '../../api/session'
import { MOVIES_PATH, navigate } from '../../router'
import { DeleteButton } from '../../ui/delete-button'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { ProgressBar } from '../../ui/status'
import { Trouble } from '../../ui/trouble'
import { messageOf } from '../../videos'
import { useOne } from '../use-one'
import { shareOf, wordsFor } from './counts'
import { DeleteMovie } from './delete-movie'
import { Episodes } from './episodes'
import { ImportForm } from './import-form'
import { withNews } from './news'

export function MoviePage({ id }: { id: string }): JSX.Element {
  const { value: movie, isMissing, failure, reload } = useOne(id, getMovie, 'episode', (news, { change, reload }) => {
    change((movie) => withNews(movie, news))
    // Pictures and videos come with the movie; what is gone has no movie any more.
    if (news.movie_id === id || news.status === 'deleted') reload()
  })
  return (
    <main class="video-page">
      <a class="back" href={MOVIES_PATH}><Icon name="back" /> Movies</a>
      {isMissing && <Missing />}
      {failure && !isMissing && <Trouble message={failure} onRetry={reload} />}
      {movie ? <Whole movie={movie} onChange={reload} />
        : !failure && <div class="panel late" aria-hidden="true"><span class="line-skeleton" /></div>}
    </main>
  )
}

function Missing(): JSX.Element {
  useEffect(() => void (document.title = 'Deleted · Telecine'), [])
  return (
    <div class="panel" role="alert">
      <h1>This movie is not there</h1>
      <p>It has been deleted, or the address is wrong.</p>
    </div>
  )
}

function Whole({ movie, onChange }: { movie: WholeMovie; onChange: () => void }): JSX.Element {
  const { title, items } = movie
  const [isDeleting, setDeleting] = useState(false)
  useEffect(() => void (document.title = `${title} · Telecine`), [title])
  return (
    <>
      <div class="video-head">
        <h1>{title}</h1>
        {mayChange.value && <DeleteButton title={title} onClick={() => setDeleting(true)} />}
      </div>
      <ImportProgress movie={movie} onChange={onChange} />
      {mayChange.value && <ImportForm movie={movie} onImported={onChange} />}
      <section class="listing" aria-labelledby="episodes-title">
        <h2 id="episodes-title">Episodes</h2>
        {items.length === 0 ? <NoEpisodes /> : <Episodes all={items} onBroken={onChange} />}
      </section>
      {isDeleting && <DeleteMovie movie={movie} onClose={() => setDeleting(false)} onDeleted={() => navigate(MOVIES_PATH)} />}
    </>
  )
}

function NoEpisodes(): JSX.Element {
  return (
    <p class="quiet">
      {mayChange.value ? 'None yet. Paste them above as your catalogue has them; they are here at once, and their files follow.'
        : 'None yet. They appear here when somebody imports them.'}
    </p>
  )
}

/** How much of the movie is in storage. Its statuses are newer than its numbers. */
function ImportProgress({ movie, onChange }: { movie: WholeMovie; onChange: () => void }): JSX.Element | null {
  const [isBusy, setBusy] = useState(false)
  const { items } = movie
  if (items.length === 0) return null
  const counted = (wanted: string): number => items.filter(({ status }) => status === wanted).length
  const counts = { total: items.length, stored: counted('stored'), failed: counted('failed') }
  const onRetry = async (): Promise<void> => {
    setBusy(true)
    try {
      const count = await retryFailedEpisodes(movie.id)
      notify(count === 1 ? '1 episode is imported once more' : `${count} episodes are imported once more`)
      onChange()
    } catch (error) {
      notify(messageOf(error))
    }
    setBusy(false)
  }
  return (
    <div class="panel import-progress">
      <div>
        <ProgressBar value={shareOf(counts)} label="Episodes that are stored" />
        <p class="number" role="status">{wordsFor(counts)}</p>
      </div>
      {counts.failed > 0 && mayChange.value && (
        <button type="button" disabled={isBusy} onClick={() => void onRetry()}><Icon name="retry" /> Retry failed</button>
      )}
    </div>
  )
}
