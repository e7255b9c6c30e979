import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { mayChange } from '../../api/session'
import type { Video } from '../../api/types'
import { change, messageOf } from '../../videos'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'

/** As the server accepts. */
const MAX_TITLE_CHARS = 200

/** The title, with a pencil to change it. */
export function Title({ video }: { video: Video }): JSX.Element {
  const [isEditing, setEditing] = useState(false)
  if (isEditing) return <TitleForm video={video} onClose={() => setEditing(false)} />
  return (
    <div class="title">
      <h1>{video.title}</h1>
      {mayChange.value && (
        <button type="button" class="bare" aria-label="Change the title" title="Change the title" onClick={() => setEditing(true)}>
          <Icon name="pencil" />
        </button>
      )}
    </div>
  )
}

function TitleForm({ video, onClose }: { video: Video; onClose: () => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  // Before the next key is pressed.
  useLayoutEffect(() => input.current?.select(), [])
  const onSubmit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const title = input.current?.value.trim() ?? ''
    try {
      if (title && title !== video.title) await change(video, { title })
      onClose()
    } catch (error) {
      notify(messageOf(error))
    }
  }
  return (
    <form class="title-form" onSubmit={onSubmit} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <input ref={input} type="text" aria-label="Title" required maxLength={MAX_TITLE_CHARS} defaultValue={video.title} />
      <button type="submit" class="primary">Save</button>
    </form>
  )
}
