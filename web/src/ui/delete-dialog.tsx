import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { Video } from '../api/types'
import { forEach, remove } from '../videos'
import { ConfirmDialog } from './confirm-dialog'

interface Props {
  videos: readonly Video[]
  onDeleted?: () => void
  onClose: () => void
}

/** Asks before videos and all their files are gone. */
export function DeleteDialog({ videos, onDeleted, onClose }: Props): JSX.Element {
  // Those that were to go when the question was asked; they leave the list one by one.
  const doomed = useRef(videos).current
  const onConfirm = async (): Promise<void> => {
    const { failures } = await forEach(doomed, ({ id }) => remove(id))
    if (failures[0] === undefined) return onDeleted?.()
    throw new Error(failures.length === 1 ? failures[0] : `${failures.length} of ${doomed.length} videos: ${failures[0]}`)
  }
  const [first] = doomed
  const isOne = doomed.length === 1
  return (
    <ConfirmDialog question={isOne ? 'Delete this video?' : `Delete ${doomed.length} videos?`} yes="Delete"
      no={isOne ? 'Keep it' : 'Keep them'} onConfirm={onConfirm} onClose={onClose}>
      <p>
        {isOne ? `“${first?.title}” and all its files` : 'They and all their files'} will be removed. This cannot be undone.
      </p>
    </ConfirmDialog>
  )
}
