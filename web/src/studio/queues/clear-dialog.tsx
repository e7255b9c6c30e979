import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { EndState, Queue } from '../../api/queue-types'
import { clearJobs } from '../../api/queues'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { notify } from '../../ui/notice'
import { jobsIn } from './job-action'
import { STATE_NAMES } from './job-state'

interface Props {
  queue: Queue
  /** What is chosen at first. */
  first: EndState
  onDone: () => void
  onClose: () => void
}

const STATES: readonly EndState[] = ['completed', 'failed']

/** Asks which of the jobs that have ended are to be removed. */
export function ClearDialog({ queue, first, onDone, onClose }: Props): JSX.Element {
  const [wanted, setWanted] = useState<readonly EndState[]>([first])
  const onConfirm = async (): Promise<void> => {
    if (wanted.length === 0) throw new Error('Choose what to clear.')
    let cleared = 0
    for (const state of wanted) cleared += await clearJobs(queue.name, state)
    notify(jobsIn(cleared, 'was removed', 'were removed'))
    onDone()
  }
  const choose = (state: EndState, isOn: boolean): void => {
    setWanted(STATES.filter((one) => (one === state ? isOn : wanted.includes(one))))
  }
  return (
    <ConfirmDialog question={`Clear finished jobs of ${queue.name}?`} yes="Clear" no="Keep them" onConfirm={onConfirm} onClose={onClose}>
      <fieldset class="choices">
        <legend class="unseen">What to clear</legend>
        {STATES.map((state) => (
          <label key={state}>
            <input type="checkbox" checked={wanted.includes(state)} onChange={(event) => choose(state, event.currentTarget.checked)} />
            {STATE_NAMES[state]} <span class="quiet number">{queue[state]}</span>
          </label>
        ))}
      </fieldset>
      <p>They are removed with their attempts and logs, also those that a search does not show. This cannot be undone.</p>
    </ConfirmDialog>
  )
}
