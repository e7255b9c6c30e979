import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Job } from '../../api/queue-types'
import { QUEUES_PATH, navigate } from '../../router'
import { Icon } from '../../ui/icon'
import { Trouble } from '../../ui/trouble'
import { ActionButton } from './action-button'
import { Attempts } from './attempts'
import { FailurePanel } from './failure-panel'
import { JobFacts } from './job-facts'
import { ALL_JOBS, jobsPath } from './job-filter'
import { JobLog } from './job-log'
import { JobStateChip } from './job-state'
import { JobTree } from './job-tree'
import { ACTIONS, REMOVE } from './job-action'
import { JsonPanel } from './json-panel'
import { queues } from './queue-store'
import { useJob } from './use-job'

export function JobPage({ id }: { id: string }): JSX.Element {
  useEffect(() => void (document.title = `${id} · Telecine`), [id])
  const { job, isMissing, failure, reload } = useJob(id)
  const back = job ? jobsPath(job.queue, { ...ALL_JOBS, state: job.state }) : QUEUES_PATH
  return (
    <main class="job-page">
      <a class="back" href={back}><Icon name="back" /> {job?.queue ?? 'Queues'}</a>
      {isMissing && <Missing />}
      {failure && !isMissing && <Trouble message={failure} onRetry={reload} />}
      {job ? <Whole job={job} back={back} /> : !failure && <div class="panel job-skeleton" aria-hidden="true"><span class="line-skeleton" /></div>}
    </main>
  )
}

function Missing(): JSX.Element {
  return (
    <div class="panel" role="alert">
      <h1>This job is not there</h1>
      <p>Completed jobs are kept for a day, failed ones for a week. It may have been removed, or the address is wrong.</p>
    </div>
  )
}

function Whole({ job, back }: { job: Job; back: string }): JSX.Element {
  const isHeld = queues.value?.get(job.queue)?.paused && (job.state === 'waiting' || job.state === 'delayed')
  return (
    <>
      <div class="page-head job-head">
        <h1 class="job-id">{job.id}</h1>
        <JobStateChip state={job.state} />
        {ACTIONS.filter(({ fits }) => fits(job)).map((action) => (
          <ActionButton key={action.name} action={action} jobs={[job]} onDone={action === REMOVE ? () => navigate(back) : undefined} />
        ))}
      </div>
      {job.failure && <FailurePanel job={job} failure={job.failure} />}
      {isHeld && <p class="panel">The queue is paused: no worker takes this job until it is resumed.</p>}
      <JobFacts job={job} />
      <Attempts attempts={job.attempts} />
      <JobLog job={job} />
      {(job.parent_id || job.children.length > 0) && <JobTree job={job} />}
      <div class="job-data">
        <JsonPanel name="Data" value={job.data} />
        {job.progress_data !== null && <JsonPanel name="Report" value={job.progress_data} />}
        {job.result !== null && <JsonPanel name="Result" value={job.result} />}
      </div>
    </>
  )
}
