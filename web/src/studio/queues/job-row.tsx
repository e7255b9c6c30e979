import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { JobSummary } from '../../api/queue-types'
import { mayChange } from '../../api/session'
import { formatDuration, formatPercent } from '../../format'
import { jobPath } from '../../router'
import { Icon } from '../../ui/icon'
import { Ago, In } from '../../ui/moment'
import { ProgressBar } from '../../ui/status'
import { PROMOTE, RETRY, perform } from './job-action'
import { JobStateChip } from './job-state'
import { Subject } from './subject'

interface Props {
  job: JobSummary
  isSelected: boolean
  onSelect: (isOn: boolean) => void
}

/** A job in the list. */
export function JobRow({ job, isSelected, onSelect }: Props): JSX.Element {
  return (
    <li class="job-row" data-state={job.state}>
      {mayChange.value ? (
        <label class="select-box">
          <span class="unseen">Select {job.id}</span>
          <input type="checkbox" checked={isSelected} onChange={(event) => onSelect(event.currentTarget.checked)} />
        </label>
      ) : <span />}
      <div class="job-row-body">
        <a class="job-id" href={jobPath(job.id)}>{job.id}</a>
        {job.failure && <p class="row-error sentence">{job.state !== 'failed' && 'The last run: '}{job.failure.message}</p>}
        {job.state === 'active' && (
          <div class="progress-line">
            <ProgressBar value={job.progress} label={`Progress of ${job.id}`} />
            <span class="number">{formatPercent(job.progress)}</span>
          </div>
        )}
        <p class="quiet job-row-line">
          {job.name}
          <Subject job={job} />
          {job.attempts_made > 0 && <span class="number">{job.attempts_made} of {job.max_attempts} runs failed</span>}
        </p>
      </div>
      <JobStateChip state={job.state} />
      <p class="quiet number job-row-time"><Times job={job} /></p>
      <QuickButton job={job} />
    </li>
  )
}

/** The moment that matters most in this state. */
function Times({ job }: { job: JobSummary }): JSX.Element {
  if (job.finished_at)
    return <><Ago at={job.finished_at} />{job.duration_s !== null && <span>took {formatDuration(job.duration_s)}</span>}</>
  if (job.state === 'active' && job.started_at) return <span>began <Ago at={job.started_at} /></span>
  if (job.state === 'delayed') return <span>due <In at={job.run_at} /></span>
  return <span>added <Ago at={job.created_at} /></span>
}

/** What is most often wanted of a single one; the rest is on its page. */
function QuickButton({ job }: { job: JobSummary }): JSX.Element | null {
  const [isBusy, setBusy] = useState(false)
  const action = [RETRY, PROMOTE].find(({ fits }) => fits(job))
  if (!action || !mayChange.value) return null
  const onClick = async (): Promise<void> => {
    setBusy(true)
    await perform(action, [job])
    setBusy(false)
  }
  const label = `${action.name}: ${job.id}`
  return (
    <button type="button" class="bare" aria-label={label} title={action.name} disabled={isBusy} onClick={() => void onClick()}>
      <Icon name={action.icon} />
    </button>
  )
}
