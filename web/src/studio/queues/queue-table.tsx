import type { JSX } from 'preact'
import { JOB_STATES, type JobState, type Queue } from '../../api/queue-types'
import { queuePath } from '../../router'
import { ALL_JOBS, jobsPath } from './job-filter'
import { STATE_NAMES, countOf } from './job-state'
import { PauseButton } from './pause-button'
import { RetryAllButton } from './retry-all-button'
import { Sparkline } from './sparkline'

/** Every queue in a line; on a phone a card, in which every number has its name beside it. */
export function QueueTable({ all }: { all: readonly Queue[] }): JSX.Element {
  return (
    <div class="panel queue-table">
      <table class="number">
        <caption class="unseen">Queues and their jobs by state</caption>
        <thead>
          <tr>
            <th scope="col">Queue</th>
            {JOB_STATES.map((state) => <th key={state} scope="col">{STATE_NAMES[state]}</th>)}
            <th scope="col">Ended lately</th>
            <th scope="col"><span class="unseen">What can be done</span></th>
          </tr>
        </thead>
        <tbody>
          {all.map((queue) => <QueueRow key={queue.name} queue={queue} />)}
        </tbody>
      </table>
    </div>
  )
}

function QueueRow({ queue }: { queue: Queue }): JSX.Element {
  return (
    <tr>
      <th scope="row">
        <a href={queuePath(queue.name)}>{queue.name}</a>
        {queue.paused && <span class="chip chip-processing">Paused</span>}
      </th>
      {JOB_STATES.map((state) => <Count key={state} queue={queue} state={state} />)}
      <td class="queue-throughput"><Sparkline queue={queue.name} /></td>
      <td class="queue-actions">
        {queue.failed > 0 && <RetryAllButton queue={queue.name} />}
        <PauseButton queue={queue} class="bare" />
      </td>
    </tr>
  )
}

/** A number leads to its jobs; there is nothing behind a zero. */
function Count({ queue, state }: { queue: Queue; state: JobState }): JSX.Element {
  const count = countOf(queue, state)
  const name = <span class="count-name"> {STATE_NAMES[state].toLowerCase()}</span>
  return (
    <td class="count" data-state={state} data-empty={count === 0 || undefined}>
      {count === 0 ? <>0{name}</> : <a href={jobsPath(queue.name, { ...ALL_JOBS, state })}>{count}{name}</a>}
    </td>
  )
}
