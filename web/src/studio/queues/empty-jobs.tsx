import type { JSX } from 'preact'
import type { JobState } from '../../api/queue-types'
import type { JobFilter } from '../../api/queues'
import { ALL_JOBS, jobsPath } from './job-filter'

/** What would be in the list, so that its emptiness says something. */
const MEANINGS: Record<JobState | '', readonly [title: string, text: string]> = {
  '': ['No jobs', 'Work appears here when something is uploaded, changed or deleted, when a schedule is due, or when a program adds it.'],
  waiting: ['Nothing waits', 'Jobs that are ready wait here until a worker takes them.'],
  active: ['Nothing runs', 'Jobs that a worker has are here, with what they have done so far.'],
  delayed: ['Nothing is delayed', 'Jobs are here until their time comes: those added for later, and those between two tries.'],
  'waiting-children': ['Nothing waits for others', 'A job is here while it waits for the jobs that it has started.'],
  completed: ['Nothing is completed', 'Jobs that ended well are kept for a day, and the last 1000 of a queue.'],
  failed: ['Nothing has failed', 'Jobs that failed are kept for a week, with the reason, to be tried again.'],
}

export function EmptyJobs({ queue, filter }: { queue: string; filter: JobFilter }): JSX.Element {
  if (filter.text)
    return (
      <div class="empty">
        <h2>No job matches</h2>
        <p>Text is looked for in ids, kinds, videos' ids, data and reasons.</p>
        <p><a href={jobsPath(queue, { ...filter, text: '', offset: 0 })}>Show them without the text</a></p>
      </div>
    )
  if (filter.offset > 0)
    return (
      <div class="empty">
        <h2>There are no more jobs</h2>
        <p><a href={jobsPath(queue, { ...filter, offset: 0 })}>Go to the first page</a></p>
      </div>
    )
  const [title, text] = MEANINGS[filter.state]
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {filter.state && <p><a href={jobsPath(queue, ALL_JOBS)}>Show every job of this queue</a></p>}
    </div>
  )
}
