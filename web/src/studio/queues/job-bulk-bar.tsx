import type { JSX } from 'preact'
import type { JobSummary } from '../../api/queue-types'
import { ActionButton } from './action-button'
import { ACTIONS, type JobAction } from './job-action'

interface Props {
  shown: readonly JobSummary[]
  /** Those of them that were chosen. */
  selected: readonly JobSummary[]
  onSelect: (ids: readonly string[]) => void
}

/** What can be done with every chosen job at once. */
export function JobBulkBar({ shown, selected, onSelect }: Props): JSX.Element | null {
  if (selected.length === 0) return null
  const onClear = (): void => onSelect([])
  return (
    <div class="bulk-bar" role="toolbar" aria-label="Selected jobs">
      <p class="number" role="status">{selected.length} selected</p>
      {selected.length < shown.length && (
        <button type="button" class="bare" onClick={() => onSelect(shown.map(({ id }) => id))}>Select all {shown.length} shown</button>
      )}
      {ACTIONS.map((action) => <BulkButton key={action.name} action={action} selected={selected} onDone={onClear} />)}
      <button type="button" class="bare" onClick={onClear}>Clear</button>
    </div>
  )
}

interface ButtonProps {
  action: JobAction
  selected: readonly JobSummary[]
  onDone: () => void
}

/** Says how many it is for, when it is not for all. */
function BulkButton({ action, selected, onDone }: ButtonProps): JSX.Element | null {
  const fitting = selected.filter(action.fits)
  if (fitting.length === 0) return null
  const label = fitting.length === selected.length ? action.name : `${action.name} (${fitting.length})`
  return <ActionButton action={action} jobs={fitting} label={label} onDone={onDone} />
}
