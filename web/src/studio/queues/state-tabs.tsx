import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { JOB_STATES, type JobState, type Queue } from '../../api/queue-types'
import type { JobFilter } from '../../api/queues'
import { jobsPath } from './job-filter'
import { STATE_NAMES, countOf } from './job-state'

interface Props {
  name: string
  /** Missing until its numbers are known. */
  queue: Queue | undefined
  filter: JobFilter
}

/** The states of a queue's jobs with their numbers; the text that is looked for stays. */
export function StateTabs({ name, queue, filter }: Props): JSX.Element {
  const tabs = useRef<HTMLElement>(null)
  // On a phone they do not all fit.
  useEffect(() => {
    const current = tabs.current?.querySelector<HTMLElement>('[aria-current]')
    if (tabs.current && current) tabs.current.scrollLeft = current.offsetLeft - tabs.current.offsetLeft - tabs.current.clientWidth / 3
  }, [filter.state, queue === undefined])
  const all = queue && JOB_STATES.reduce((sum, state) => sum + countOf(queue, state), 0)
  const tab = (state: JobState | '', text: string, count: number | undefined): JSX.Element => (
    <a key={state} href={jobsPath(name, { ...filter, state, offset: 0 })} data-state={state}
      aria-current={filter.state === state ? 'page' : undefined}>
      {text} <span class="number" data-empty={count === 0 || undefined}>{count ?? '–'}</span>
    </a>
  )
  return (
    <nav ref={tabs} class="tabs" aria-label="States">
      {tab('', 'All', all)}
      {JOB_STATES.map((state) => tab(state, STATE_NAMES[state], queue && countOf(queue, state)))}
    </nav>
  )
}
