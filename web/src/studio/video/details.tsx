import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { mayChange } from '../../api/session'
import type { Video } from '../../api/types'
import { change, messageOf } from '../../videos'
import { EVERYTHING, pathOf } from '../library/filter'
import { notify } from '../../ui/notice'

/** As the server accepts. */
const MAX_DESCRIPTION_CHARS = 5000

/** What people tell about the video, with a form to change it. */
export function Details({ video }: { video: Video }): JSX.Element {
  const [isEditing, setEditing] = useState(false)
  return (
    <section class="panel" aria-labelledby="details-title">
      <h2 id="details-title">Details</h2>
      {isEditing ? <DetailsForm video={video} onClose={() => setEditing(false)} /> : <Shown video={video} />}
      {!isEditing && mayChange.value && <button type="button" onClick={() => setEditing(true)}>Edit details</button>}
    </section>
  )
}

function Shown({ video }: { video: Video }): JSX.Element {
  return (
    <>
      {video.description ? <p class="description">{video.description}</p> : <p class="quiet">No description yet.</p>}
      {video.tags.length > 0 && (
        <ul class="tags" aria-label="Tags">
          {video.tags.map((tag) => <li key={tag}><a href={pathOf({ ...EVERYTHING, text: tag })}>{tag}</a></li>)}
        </ul>
      )}
    </>
  )
}

function DetailsForm({ video, onClose }: { video: Video; onClose: () => void }): JSX.Element {
  const [isSaving, setSaving] = useState(false)
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string): string => String(form.get(name) ?? '')
    const tags = text('tags').split(',').map((tag) => tag.trim()).filter(Boolean)
    setSaving(true)
    try {
      await change(video, { description: text('description'), tags })
      onClose()
    } catch (error) {
      notify(messageOf(error))
      setSaving(false)
    }
  }
  return (
    <form class="details-form" onSubmit={(event) => void onSubmit(event)}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <label>Description
        <textarea name="description" rows={5} maxLength={MAX_DESCRIPTION_CHARS} defaultValue={video.description} autofocus />
      </label>
      <label>Tags, with commas between them
        <input name="tags" type="text" defaultValue={video.tags.join(', ')} />
      </label>
      <div class="form-actions">
        <button type="submit" class="primary" disabled={isSaving}>Save details</button>
        <button type="button" onClick={onClose}>Cancel</button>
      </div>
    </form>
  )
}
