import type { JSX } from 'preact'
import { setInAddress } from '../list-search'

export function StatusFilter({ status }: { status: string }): JSX.Element {
  return (
    <select aria-label="Status" value={status} onChange={(event) => setInAddress('status', event.currentTarget.value)}>
      <option value="">Every status</option>
      <option value="ready">Ready</option>
      <option value="processing">Processing</option>
      <option value="pending_upload">Waiting for upload</option>
      <option value="failed">Failed</option>
    </select>
  )
}
