import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { JobSummary } from '../../api/queue-types'
import { mayChange } from '../../api/session'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { Icon } from '../../ui/icon'
import { perform, type JobAction } from './job-action'

interface Props {
  action: JobAction
  jobs: readonly JobSummary[]
  /** What stands on it, where the name of the action is not enough. */
  label?: string
  /** Every one worked. */
  onDone?: (() => void) | undefined
}

/** Does something with jobs, after a question when something is lost by it. */
export function ActionButton({ action, jobs, label = action.name, onDone }: Props): JSX.Element | null {
  const [isBusy, setBusy] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const onRun = async (wanted: readonly JobSummary[]): Promise<void> => {
    setBusy(true)
    if (await perform(action, wanted)) onDone?.()
    setBusy(false)
  }
  if (!mayChange.value) return null
  return (
    <>
      <button type="button" disabled={isBusy} onClick={() => (action.warning ? setAsking(true) : void onRun(jobs))}>
        <Icon name={action.icon} /> {label}
      </button>
      {isAsking && <Question action={action} jobs={jobs} onConfirm={onRun} onClose={() => setAsking(false)} />}
    </>
  )
}

interface QuestionProps {
  action: JobAction
  jobs: readonly JobSummary[]
  onConfirm: (jobs: readonly JobSummary[]) => Promise<void>
  onClose: () => void
}

function Question({ action, jobs, onConfirm, onClose }: QuestionProps): JSX.Element {
  // Those that were meant when the question was asked; the list goes on changing.
  const meant = useRef(jobs).current
  const isOne = meant.length === 1
  const verb = action.name
  return (
    <ConfirmDialog question={isOne ? `${verb} this job?` : `${verb} ${meant.length} jobs?`} yes={isOne ? `${verb} it` : `${verb} them`}
      no={isOne ? 'Keep it' : 'Keep them'} onConfirm={() => onConfirm(meant)} onClose={onClose}>
      {isOne && <p class="job-id">{meant[0]?.id}</p>}
      <p>{action.warning}</p>
    </ConfirmDialog>
  )
}
