import type { JSX } from 'preact'
import type { ChildJob, Job } from '../../api/queue-types'
import { jobPath } from '../../router'
import { JobStateChip } from './job-state'

/** The job that waits for this one, and those that it waits for. */
export function JobTree({ job }: { job: Job }): JSX.Element {
  const own = <Branch job={job} />
  return (
    <section class="panel" aria-labelledby="tree-title">
      <h2 id="tree-title">Jobs that wait for each other</h2>
      <ul class="job-tree">
        {job.parent_id ? <li><a class="job-id" href={jobPath(job.parent_id)}>{job.parent_id}</a><ul>{own}</ul></li> : own}
      </ul>
    </section>
  )
}

function Branch({ job }: { job: Job }): JSX.Element {
  return (
    <li>
      <span class="job-id">{job.id}</span> <JobStateChip state={job.state} /> <span class="quiet">this job</span>
      {job.children.length > 0 && <ul>{job.children.map((child) => <Child key={child.id} child={child} />)}</ul>}
    </li>
  )
}

function Child({ child }: { child: ChildJob }): JSX.Element {
  return (
    <li>
      <a class="job-id" href={jobPath(child.id)}>{child.id}</a> <JobStateChip state={child.state} />
      {child.failed_reason && <p class="row-error">{child.failed_reason}</p>}
    </li>
  )
}
