// The JSON of the routes about queues, jobs and schedules, field by field as the server writes it.

import type { Failure } from './types'

/** In the order of a job's life. */
export const JOB_STATES = ['waiting', 'active', 'delayed', 'waiting-children', 'completed', 'failed'] as const

export type JobState = (typeof JOB_STATES)[number]

/** States in which a job stays until somebody does something. */
export type EndState = Extract<JobState, 'completed' | 'failed'>

export interface Queue {
  name: string
  waiting: number
  active: number
  delayed: number
  waiting_children: number
  completed: number
  failed: number
  paused: boolean
}

export interface JobFailure extends Failure {
  /** The last lines that a tool said. */
  detail: string | null
}

/** A job in a list. */
export interface JobSummary {
  id: string
  queue: string
  /** Its kind. */
  name: string
  state: JobState
  /** What it works on, such as a video's id. */
  subject: string | null
  priority: number
  /** Runs that have failed, of those that may. */
  attempts_made: number
  max_attempts: number
  /** How often a worker disappeared while it had the job. */
  stalled: number
  /** 0 to 1. */
  progress: number
  worker: string | null
  cancel_requested: boolean
  /** Of the job, or of its last run. */
  failure: JobFailure | null
  run_at: string
  created_at: string
  started_at: string | null
  finished_at: string | null
  duration_s: number | null
}

/** A run that did not succeed. */
export interface Attempt {
  run: number
  worker: string | null
  started_at: string | null
  ended_at: string
  duration_s: number | null
  outcome: string
  failure: JobFailure | null
}

export interface LogLine {
  number: number
  at: string
  line: string
}

export interface ChildJob {
  id: string
  state: JobState
  result: unknown
  failed_reason: string | null
}

/** A job with everything that is known of it. */
export interface Job extends JobSummary {
  data: unknown
  progress_data: unknown
  result: unknown
  backoff_s: number
  backoff_kind: 'exponential' | 'fixed'
  timeout_s: number | null
  parent_id: string | null
  foreign_id: string | null
  children_left: number
  /** Oldest first. */
  attempts: Attempt[]
  /** The first lines. */
  log: LogLine[]
  children: ChildJob[]
}

export interface JobPage {
  items: JobSummary[]
  next_offset: number | null
}

export interface LogPage {
  items: LogLine[]
  next_after: number
}

export interface Schedule {
  id: string
  queue: string
  name: string
  /** Either this, in `time_zone` or UTC, … */
  cron: string | null
  time_zone: string | null
  /** … or this. */
  every_s: number | null
  next_at: string
  last_at: string | null
  data: unknown
}
