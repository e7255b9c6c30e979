import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Video } from '../api/types'
import { messageOf, remove } from '../library'

interface Props {
  video: Video
  onDeleted?: () => void
  onClose: () => void
}

/** Asks before a video and all its files are gone. */
export function DeleteDialog({ video, onDeleted, onClose }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])
  const onConfirm = async (): Promise<void> => {
    setBusy(true)
    try {
      await remove(video.id)
      onDeleted?.()
      onClose()
    } catch (error) {
      setFailure(messageOf(error))
      setBusy(false)
    }
  }
  return (
    <dialog ref={dialog} aria-labelledby="delete-title" onClose={onClose}>
      <h2 id="delete-title">Delete this video?</h2>
      <p>“{video.title}” and all its files will be removed. This cannot be undone.</p>
      {failure && <p class="row-error" role="alert">{failure}</p>}
      <div class="dialog-actions">
        <button type="button" onClick={() => dialog.current?.close()}>Keep it</button>
        <button type="button" class="danger" disabled={isBusy} onClick={onConfirm}>Delete</button>
      </div>
    </dialog>
  )
}
