import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import { deleteCaptions, listCaptions, putCaptions } from '../../api/captions'
import { mayChange } from '../../api/session'
import type { Video } from '../../api/types'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { Trouble } from '../../ui/trouble'
import { useLoad } from '../../ui/use-load'
import { messageOf } from '../../videos'

/** The captions of a video, with a form to add some. */
export function CaptionsPanel({ video }: { video: Video }): JSX.Element {
  const ask = useCallback(() => listCaptions(video.id), [video.id, video.status])
  const { value: all, failure, reload } = useLoad(ask)
  const onRemove = async (language: string): Promise<void> => {
    await deleteCaptions(video.id, language).catch((error: unknown) => notify(messageOf(error)))
    reload()
  }
  return (
    <section class="panel" aria-labelledby="captions-title">
      <h2 id="captions-title">Captions</h2>
      {failure && <Trouble message={failure} onRetry={reload} />}
      {all?.length === 0 && <p class="quiet">None yet. Give a WebVTT or SubRip file; players offer it at once.</p>}
      <ul class="keys">
        {all?.map(({ language, name, origin, url }) => (
          <li key={`${language}-${origin}`}>
            <div>
              <p class="row-name"><a href={url} download>{name}</a></p>
              <p class="quiet">{language} · {origin === 'given' ? 'given here' : 'from the uploaded file'}</p>
            </div>
            {origin === 'given' && mayChange.value && (
              <button type="button" class="bare" aria-label={`Remove the captions ${name}`} title="Remove" onClick={() => void onRemove(language)}>
                <Icon name="trash" />
              </button>
            )}
          </li>
        ))}
      </ul>
      {mayChange.value && <CaptionsForm video={video} onStored={reload} />}
    </section>
  )
}

function CaptionsForm({ video, onStored }: { video: Video; onStored: () => void }): JSX.Element {
  const [failure, setFailure] = useState('')
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const file = data.get('file')
    if (!(file instanceof File)) return
    setFailure('')
    try {
      await putCaptions(video.id, String(data.get('language') ?? '').trim(), file)
      form.reset()
      onStored()
    } catch (error) {
      setFailure(messageOf(error))
    }
  }
  return (
    <form class="inline-form" onSubmit={(event) => void onSubmit(event)}>
      <label class="field">File (.vtt or .srt)
        <input name="file" type="file" required accept=".vtt,.srt,text/vtt" />
      </label>
      <label class="field">Language
        <input name="language" type="text" required maxLength={35} placeholder="en" />
      </label>
      <button type="submit">Add captions</button>
      {failure && <p class="row-error" role="alert">{failure}</p>}
    </form>
  )
}
