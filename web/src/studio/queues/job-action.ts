import type { JobState, JobSummary } from '../../api/queue-types'
import { cancelJob, promoteJob, removeJob, retryJob } from '../../api/queues'
import { notify } from '../../ui/notice'
import { forEach } from '../../videos'
import { hasEnded } from './job-state'

/** What actions have to know of a job. */
export interface Target {
  id: string
  state: JobState
  cancel_requested: boolean
}

/** What people do with jobs. */
export interface JobAction {
  name: string
  icon: 'retry' | 'play' | 'cross' | 'trash'
  fits: (job: Target) => boolean
  run: (id: string) => Promise<void>
  /** What is so afterwards, of one and of many. */
  done: readonly [one: string, many: string]
  /** What is lost; asked about before. */
  warning?: string
}

export const RETRY: JobAction = {
  name: 'Retry', icon: 'retry', run: retryJob, done: ['waits again', 'wait again'],
  fits: ({ state }) => state === 'failed',
}

export const PROMOTE: JobAction = {
  name: 'Run now', icon: 'play', run: promoteJob, done: ['is due', 'are due'],
  fits: ({ state }) => state === 'delayed',
}

export const CANCEL: JobAction = {
  name: 'Cancel', icon: 'cross', run: cancelJob, done: ['is cancelled', 'are cancelled'],
  fits: ({ state, cancel_requested }) => !hasEnded(state) && !cancel_requested,
  warning: 'What was done so far is lost, and a video that waits for it fails. Cancelled jobs can be tried again.',
}

export const REMOVE: JobAction = {
  name: 'Remove', icon: 'trash', run: removeJob, done: ['is removed', 'are removed'],
  fits: ({ state }) => state !== 'active',
  warning: 'Attempts and log go with it. A job that has not ended fails, and its video too. This cannot be undone.',
}

export const ACTIONS: readonly JobAction[] = [RETRY, PROMOTE, CANCEL, REMOVE]

/** Does it with all of them and says how it went; answers whether every one worked. */
export async function perform({ run, done }: JobAction, jobs: readonly Pick<JobSummary, 'id'>[]): Promise<boolean> {
  const { failures } = await forEach(jobs, ({ id }) => run(id))
  const [first] = failures
  if (first === undefined) notify(jobsIn(jobs.length, ...done))
  else notify(jobs.length === 1 ? first : `${failures.length} of ${jobs.length}: ${first}`)
  return first === undefined
}

/** `1 job waits again`, `3 jobs wait again`. */
export function jobsIn(count: number, one: string, many: string): string {
  return count === 1 ? `1 job ${one}` : `${count} jobs ${many}`
}
