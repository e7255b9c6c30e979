import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Video } from '../api/types'
import { forEach, remove } from '../videos'

interface Props {
  videos: readonly Video[]
  onDeleted?: () => void
  onClose: () => void
}

/** Asks before videos and all their files are gone. */
export function DeleteDialog({ videos, onDeleted, onClose }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  // Those that were to go when the question was asked; they leave the list one by one.
  const doomed = useRef(videos)
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])
  const onConfirm = async (): Promise<void> => {
    setBusy(true)
    const { failures } = await forEach(doomed.current, ({ id }) => remove(id))
    if (failures[0] === undefined) {
      onDeleted?.()
      onClose()
      return
    }
    setFailure(failures.length === 1 ? failures[0] : `${failures.length} of ${doomed.current.length} videos: ${failures[0]}`)
    setBusy(false)
  }
  const [first] = doomed.current
  const isOne = doomed.current.length === 1
  return (
    <dialog ref={dialog} aria-labelledby="delete-title" onClose={onClose}>
      <h2 id="delete-title">{isOne ? 'Delete this video?' : `Delete ${doomed.current.length} videos?`}</h2>
      <p>
        {isOne ? `“${first?.title}” and all its files` : 'They and all their files'} will be removed. This cannot be undone.
      </p>
      {failure && <p class="row-error" role="alert">{failure}</p>}
      <div class="dialog-actions">
        <button type="button" onClick={() => dialog.current?.close()}>{isOne ? 'Keep it' : 'Keep them'}</button>
        <button type="button" class="danger" disabled={isBusy} onClick={() => void onConfirm()}>Delete</button>
      </div>
    </dialog>
  )
}
