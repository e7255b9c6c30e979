import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { deleteAsset, type Asset } from '../../api/cache'
import { ApiError } from '../../api/call'
import { ConfirmDialog } from '../../ui/confirm-dialog'

interface Props {
  asset: Asset
  onDeleted: () => void
  onClose: () => void
}

/** Asks before a file is given up, and with it the id that stands for it. */
export function DeleteAsset({ asset, onDeleted, onClose }: Props): JSX.Element {
  // The one that was meant when the question was asked.
  const { id, original_url } = useRef(asset).current
  const onConfirm = async (): Promise<void> => {
    await deleteAsset(id).catch((error: unknown) => {
      // Somebody was faster.
      if (!(error instanceof ApiError && error.status === 404)) throw error
    })
    onDeleted()
  }
  return (
    <ConfirmDialog question="Delete this file from the cache?" yes="Delete" no="Keep it" onConfirm={onConfirm} onClose={onClose}>
      <p class="job-id">{original_url}</p>
      <p>Programs that hold its id will find nothing under it. The file on the other server stays. This cannot be undone.</p>
    </ConfirmDialog>
  )
}
