import type { ComponentChildren, JSX } from 'preact'
import type { Job } from '../../api/queue-types'
import { formatDuration, formatPercent } from '../../format'
import { queuePath } from '../../router'
import { Ago, In } from '../../ui/moment'
import { ProgressBar } from '../../ui/status'
import { Subject } from './subject'

/** Where the job stands. */
export function JobFacts({ job }: { job: Job }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="facts-title">
      <h2 id="facts-title" class="unseen">Facts</h2>
      {job.state === 'active' && (
        <div class="progress-line">
          <ProgressBar value={job.progress} label="Progress" />
          <span class="number">{formatPercent(job.progress)}</span>
        </div>
      )}
      <dl class="number">
        <Fact name="Kind">{job.name}</Fact>
        <Fact name="Queue"><a href={queuePath(job.queue)}>{job.queue}</a></Fact>
        {job.subject && <Fact name="Works on"><Subject job={job} /></Fact>}
        <Fact name="Runs failed">{job.attempts_made} of {job.max_attempts}</Fact>
        {job.stalled > 0 && <Fact name="Workers lost">{job.stalled}</Fact>}
        {job.priority !== 0 && <Fact name="Priority">{job.priority}</Fact>}
        <Fact name="Added"><Ago at={job.created_at} /></Fact>
        {job.state === 'delayed' && <Fact name="Due"><In at={job.run_at} /></Fact>}
        {job.started_at && <Fact name="Last run began"><Ago at={job.started_at} /></Fact>}
        {job.finished_at && <Fact name="Ended"><Ago at={job.finished_at} /></Fact>}
        {job.duration_s !== null && <Fact name="Took">{formatDuration(job.duration_s)}</Fact>}
        {job.worker && <Fact name="Worker">{job.worker}</Fact>}
        {job.foreign_id && <Fact name="Id elsewhere">{job.foreign_id}</Fact>}
        {job.timeout_s !== null && <Fact name="Longest run">{formatDuration(job.timeout_s)}</Fact>}
        <Fact name="Wait after a failure">{formatDuration(job.backoff_s)}{job.backoff_kind === 'exponential' && ', doubling'}</Fact>
      </dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
