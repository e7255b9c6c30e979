import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { PAGE_SIZE, type JobFilter } from '../../api/queues'
import { Trouble } from '../../ui/trouble'
import { EmptyJobs } from './empty-jobs'
import { JobBulkBar } from './job-bulk-bar'
import { JobRow } from './job-row'
import { Pages } from './pages'
import type { JobList } from './use-job-list'

interface Props {
  queue: string
  filter: JobFilter
  list: JobList
}

/** A page of jobs, and what there is to do with those that are chosen. */
export function Jobs({ queue, filter, list: { items, nextOffset, isStale, failure, reload } }: Props): JSX.Element {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const onSelect = (id: string, isOn: boolean): void => {
    setChosen(isOn ? new Set(chosen).add(id) : new Set([...chosen].filter((other) => other !== id)))
  }
  const trouble = failure && <Trouble message={failure} onRetry={reload} />
  if (!items) return trouble || <Skeletons />
  return (
    <>
      {trouble}
      <JobBulkBar shown={items} selected={items.filter(({ id }) => chosen.has(id))} onSelect={(ids) => setChosen(new Set(ids))} />
      {items.length === 0 && !isStale ? <EmptyJobs queue={queue} filter={filter} /> : (
        <ul class="video-rows job-rows" aria-label="Jobs" aria-busy={isStale}>
          {items.map((job) => (
            <JobRow key={job.id} job={job} isSelected={chosen.has(job.id)} onSelect={(isOn) => onSelect(job.id, isOn)} />
          ))}
        </ul>
      )}
      <Pages queue={queue} filter={filter} count={items.length} nextOffset={nextOffset} />
    </>
  )
}

function Skeletons(): JSX.Element {
  return (
    <ul class="video-rows job-rows" aria-hidden="true">
      {Array.from({ length: PAGE_SIZE / 2 }, (_, index) => <li key={index} class="job-row skeleton"><span class="line-skeleton" /></li>)}
    </ul>
  )
}
