import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { DeleteDialog } from '../../ui/delete-dialog'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { forEach, processAgain, shelf } from '../../videos'
import { clearSelection, selectAll, selected } from './selection'

/** What can be done with every chosen video at once. */
export function BulkBar(): JSX.Element | null {
  const [isDeleting, setDeleting] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const count = selected.value.length
  if (count === 0) return null
  const onRetry = async (): Promise<void> => {
    setBusy(true)
    const { failures } = await forEach(selected.value, ({ id }) => processAgain(id))
    setBusy(false)
    if (failures.length === 0) clearSelection()
    notify(failures[0] === undefined ? counted(count, 'is', 'are') + ' being processed again' : `${failures.length} of ${count}: ${failures[0]}`)
  }
  return (
    <div class="bulk-bar" role="toolbar" aria-label="Selected videos">
      <p class="number" role="status">{count} selected</p>
      {count < shelf.value.ids.length && <button type="button" class="bare" onClick={selectAll}>Select all {shelf.value.ids.length} shown</button>}
      <button type="button" disabled={isBusy} onClick={() => void onRetry()}><Icon name="retry" /> Process again</button>
      <button type="button" disabled={isBusy} onClick={() => setDeleting(true)}><Icon name="trash" /> Delete</button>
      <button type="button" class="bare" onClick={clearSelection}>Clear</button>
      {isDeleting && <DeleteDialog videos={selected.value} onClose={() => setDeleting(false)} />}
    </div>
  )
}

function counted(count: number, one: string, many: string): string {
  return count === 1 ? `1 video ${one}` : `${count} videos ${many}`
}
