import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { SCHEDULES_PATH } from '../../router'
import { Trouble } from '../../ui/trouble'
import { NewestFailures } from './newest-failures'
import { loadQueues, queues, queuesFailure } from './queue-store'
import { QueueTable } from './queue-table'

export function QueuesPage(): JSX.Element {
  useEffect(() => void (document.title = 'Queues · Telecine'), [])
  const all = queues.value
  return (
    <main>
      <div class="page-head">
        <h1>Queues</h1>
        <a href={SCHEDULES_PATH}>Schedules</a>
      </div>
      <NewestFailures />
      {all ? <QueueTable all={[...all.values()]} />
        : queuesFailure.value ? <Trouble message={queuesFailure.value} onRetry={() => void loadQueues()} />
        : <Skeleton />}
    </main>
  )
}

/** As many lines as a server has queues of its own. */
const LINES = 14

function Skeleton(): JSX.Element {
  return (
    <div class="panel late" aria-hidden="true">
      {Array.from({ length: LINES }, (_, index) => <span key={index} class="line-skeleton" />)}
    </div>
  )
}
