import type { JSX } from 'preact'
import type { JobState, Queue } from '../../api/queue-types'

export const STATE_NAMES: Record<JobState, string> = {
  waiting: 'Waiting',
  active: 'Active',
  delayed: 'Delayed',
  'waiting-children': 'Waiting for others',
  completed: 'Completed',
  failed: 'Failed',
}

/** Colours of the same meaning as for videos. */
const CHIPS: Partial<Record<JobState, string>> = { active: 'chip-processing', completed: 'chip-ready', failed: 'chip-failed' }

export function JobStateChip({ state }: { state: JobState }): JSX.Element {
  return <span class={`chip ${CHIPS[state] ?? ''}`}>{STATE_NAMES[state]}</span>
}

export function countOf(queue: Queue, state: JobState): number {
  return queue[state === 'waiting-children' ? 'waiting_children' : state]
}

export const hasEnded = (state: JobState): boolean => state === 'completed' || state === 'failed'
