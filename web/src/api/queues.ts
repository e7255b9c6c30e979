import type { EndState, Job, JobPage, JobState, LogPage, Queue, Schedule } from './queue-types'
import { request } from './request'

/** Jobs on a page. */
export const PAGE_SIZE = 20
/** As many as the server gives at a time. */
const LOG_LINES = 100

/** Which jobs of a queue. */
export interface JobFilter {
  state: JobState | ''
  /** Part of id, kind, subject, data or reason. */
  text: string
  offset: number
}

const queueAddress = (name: string): string => `/queues/${encodeURIComponent(name)}`
const jobAddress = (id: string): string => `/jobs/${encodeURIComponent(id)}`

export async function listQueues(): Promise<Queue[]> {
  return (await request<{ items: Queue[] }>('GET', '/queues')).items
}

export function pauseQueue(name: string): Promise<Queue> {
  return request<Queue>('POST', `${queueAddress(name)}/pause`)
}

export function resumeQueue(name: string): Promise<Queue> {
  return request<Queue>('POST', `${queueAddress(name)}/resume`)
}

/** Failed ones newest first; others in the order in which they run. */
export function listJobs(queue: string, { state, text, offset }: JobFilter, limit = PAGE_SIZE): Promise<JobPage> {
  const query = new URLSearchParams({ limit: String(limit), offset: String(offset) })
  if (state) query.set('state', state)
  if (text) query.set('text', text)
  return request<JobPage>('GET', `${queueAddress(queue)}/jobs?${query}`)
}

/** Every failed job of the queue waits again, or those with the text; answers with their number. */
export async function retryJobs(queue: string, text: string): Promise<number> {
  const query = text ? `?${new URLSearchParams({ text })}` : ''
  return (await request<{ retried: number }>('POST', `${queueAddress(queue)}/retry${query}`)).retried
}

/** Removes every job of the queue that has ended so; answers with their number. */
export async function clearJobs(queue: string, state: EndState): Promise<number> {
  return (await request<{ cleared: number }>('DELETE', `${queueAddress(queue)}/jobs?state=${state}`)).cleared
}

export function getJob(id: string): Promise<Job> {
  return request<Job>('GET', jobAddress(id))
}

/** Lines after the one with this number. */
export function getLog(id: string, after: number): Promise<LogPage> {
  return request<LogPage>('GET', `${jobAddress(id)}/logs?after=${after}&limit=${LOG_LINES}`)
}

export function retryJob(id: string): Promise<void> {
  return request<void>('POST', `${jobAddress(id)}/retry`)
}

/** Makes a delayed job due at once. */
export function promoteJob(id: string): Promise<void> {
  return request<void>('POST', `${jobAddress(id)}/promote`)
}

/** A running job ends a moment later. */
export function cancelJob(id: string): Promise<void> {
  return request<void>('POST', `${jobAddress(id)}/cancel`)
}

export function removeJob(id: string): Promise<void> {
  return request<void>('DELETE', jobAddress(id))
}

export async function listSchedules(): Promise<Schedule[]> {
  return (await request<{ items: Schedule[] }>('GET', '/schedules')).items
}
