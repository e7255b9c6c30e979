import { computed } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { JobSummary } from '../../api/queue-types'
import { listJobs } from '../../api/queues'
import { listen } from '../../live'
import { jobPath } from '../../router'
import { Ago } from '../../ui/moment'
import { useThrottled } from '../../use-throttled'
import { ALL_JOBS, jobsPath } from './job-filter'
import { queues } from './queue-store'

const SHOWN = 5
const RELOAD_MS = 1000

const failing = computed(() => [...(queues.value?.values() ?? [])].filter(({ failed }) => failed > 0))

/** Changes with every count of failed jobs. */
const failedCounts = computed(() => failing.value.map(({ name, failed }) => `${name} ${failed}`).join())

/** What failed last, in whichever queue; nothing when all is well. */
export function NewestFailures(): JSX.Element | null {
  const [failures, setFailures] = useState<readonly JobSummary[] | null>(null)
  // What cannot be read is read with the next news; the numbers below say enough until then.
  const reload = useThrottled(() => void newest().then(setFailures, () => {}), RELOAD_MS)
  const load = (): void => void (failing.value.length > 0 && reload())
  useEffect(load, [failedCounts.value])
  // A job that is tried again and fails again changes no count.
  useEffect(() => listen('job', { onNews: ({ state }) => state === 'failed' && load(), onReset: load }), [])
  const total = failing.value.reduce((sum, { failed }) => sum + failed, 0)
  if (total === 0) return null
  return (
    <section class="panel failures" aria-labelledby="failures-title">
      <h2 id="failures-title">Newest failures</h2>
      <ul>
        {failures ? failures.map((job) => <FailureRow key={job.id} job={job} />)
          : Array.from({ length: Math.min(SHOWN, total) }, (_, index) => <li key={index} class="line-skeleton" />)}
      </ul>
    </section>
  )
}

/** Every queue is asked for its own, because the server lists jobs by queue. */
async function newest(): Promise<JobSummary[]> {
  const question = { ...ALL_JOBS, state: 'failed' } as const
  const pages = await Promise.all(failing.value.map(({ name }) => listJobs(name, question, SHOWN)))
  const jobs = pages.flatMap(({ items }) => items)
  // Times of the server sort as text.
  return jobs.sort((a, b) => (b.finished_at ?? '').localeCompare(a.finished_at ?? '')).slice(0, SHOWN)
}

function FailureRow({ job }: { job: JobSummary }): JSX.Element {
  return (
    <li>
      <a class="sentence" href={jobPath(job.id)}>{job.failure?.message ?? 'The job gave no reason.'}</a>
      <p class="quiet">
        {job.name} in <a href={jobsPath(job.queue, { ...ALL_JOBS, state: 'failed' })}>{job.queue}</a>
        {job.finished_at && <>, <Ago at={job.finished_at} /></>}
      </p>
    </li>
  )
}
