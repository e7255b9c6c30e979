import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Queue } from '../../api/queue-types'
import type { JobFilter } from '../../api/queues'
import { QUEUES_PATH, search } from '../../router'
import { mayChange } from '../../api/session'
import { Icon } from '../../ui/icon'
import { ClearDialog } from './clear-dialog'
import { jobFilterOf } from './job-filter'
import { Jobs } from './job-list'
import { JobSearch } from './job-search'
import { PauseButton } from './pause-button'
import { queues } from './queue-store'
import { RetryAllButton } from './retry-all-button'
import { Sparkline } from './sparkline'
import { StateTabs } from './state-tabs'
import { useJobList } from './use-job-list'

export function QueuePage({ name }: { name: string }): JSX.Element {
  useEffect(() => void (document.title = `${name} · Telecine`), [name])
  const isMissing = queues.value !== null && !queues.value.has(name)
  return (
    <main>
      <a class="back" href={QUEUES_PATH}><Icon name="back" /> Queues</a>
      {isMissing ? <Missing name={name} /> : <JobsOf name={name} />}
    </main>
  )
}

function Missing({ name }: { name: string }): JSX.Element {
  return (
    <div class="panel" role="alert">
      <h1>There is no queue {name}</h1>
      <p>A queue that only other programs use is here as long as it has jobs.</p>
    </div>
  )
}

function JobsOf({ name }: { name: string }): JSX.Element {
  const filter = useMemo(() => jobFilterOf(search.value), [search.value])
  const list = useJobList(name, filter)
  const queue = queues.value?.get(name)
  return (
    <>
      <Head name={name} queue={queue} filter={filter} onDone={list.reload} />
      <StateTabs name={name} queue={queue} filter={filter} />
      <div class="job-tools">
        <JobSearch queue={name} text={filter.text} />
        {queue && queue.failed > 0 && (filter.state === 'failed' || filter.state === '') && (
          <RetryAllButton queue={name} text={filter.text} name={filter.text ? 'Retry all matching' : 'Retry all failed'} onDone={list.reload} />
        )}
      </div>
      <Jobs queue={name} filter={filter} list={list} />
    </>
  )
}

interface HeadProps {
  name: string
  queue: Queue | undefined
  filter: JobFilter
  onDone: () => void
}

function Head({ name, queue, filter, onDone }: HeadProps): JSX.Element {
  const [isClearing, setClearing] = useState(false)
  const first = filter.state === 'failed' || queue?.completed === 0 ? 'failed' : 'completed'
  return (
    <div class="page-head queue-head">
      <h1>{name} {queue?.paused && <span class="chip chip-processing">Paused</span>}</h1>
      <Sparkline queue={name} />
      {queue && <PauseButton queue={queue} />}
      {queue && mayChange.value && (
        <button type="button" disabled={queue.completed + queue.failed === 0} onClick={() => setClearing(true)}>
          <Icon name="trash" /> Clear finished
        </button>
      )}
      {queue && isClearing && <ClearDialog queue={queue} first={first} onDone={onDone} onClose={() => setClearing(false)} />}
    </div>
  )
}
