import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Schedule } from '../../api/queue-types'
import { listSchedules } from '../../api/queues'
import { formatMoment } from '../../format'
import { now } from '../../now'
import { QUEUES_PATH, queuePath } from '../../router'
import { Icon } from '../../ui/icon'
import { Ago, In } from '../../ui/moment'
import { Trouble } from '../../ui/trouble'
import { useThrottled } from '../../use-throttled'
import { messageOf } from '../../videos'
import { rhythmOf } from './rhythm'

/** Schedules tell nothing of themselves; one that is due gets its next time within this. */
const RELOAD_MS = 5000

export function SchedulesPage(): JSX.Element {
  const [schedules, setSchedules] = useState<readonly Schedule[] | null>(null)
  const [failure, setFailure] = useState('')
  const load = (): void => {
    setFailure('')
    listSchedules().then(setSchedules, (error: unknown) => setFailure(messageOf(error)))
  }
  const loadAgain = useThrottled(load, RELOAD_MS)
  useEffect(() => {
    document.title = 'Schedules · Telecine'
    load()
  }, [])
  const isDue = !failure && schedules?.some(({ next_at }) => Date.parse(next_at) <= now.value)
  // Looks again for as long as something is due, which is never while nobody looks.
  useEffect(() => void (isDue && loadAgain()), [isDue && now.value])
  return (
    <main>
      <a class="back" href={QUEUES_PATH}><Icon name="back" /> Queues</a>
      <h1>Schedules</h1>
      {failure ? <Trouble message={failure} onRetry={load} />
        : schedules?.length === 0 ? <Empty />
        : <ScheduleList schedules={schedules} />}
    </main>
  )
}

function Empty(): JSX.Element {
  return (
    <div class="empty">
      <h2>Nothing comes again and again</h2>
      <p>A schedule adds a job at certain times, such as the cleaning up at night. Servers with workers bring theirs when they start.</p>
    </div>
  )
}

function ScheduleList({ schedules }: { schedules: readonly Schedule[] | null }): JSX.Element {
  return (
    <ul class="video-rows schedules" aria-label="Schedules" aria-busy={schedules === null}>
      {schedules?.map((schedule) => <ScheduleRow key={schedule.id} schedule={schedule} />)
        ?? <li class="schedule"><span class="line-skeleton" /></li>}
    </ul>
  )
}

function ScheduleRow({ schedule }: { schedule: Schedule }): JSX.Element {
  const { id, queue, name, next_at, last_at } = schedule
  return (
    <li class="schedule">
      <h2>{id}</h2>
      <p>
        {rhythmOf(schedule)}
        <span class="quiet">adds {name} to <a href={queuePath(queue)}>{queue}</a></span>
      </p>
      <p class="number">next <In at={next_at} /> <span class="quiet">{formatMoment(next_at)}</span></p>
      {last_at
        ? <p class="number">last <Ago at={last_at} /> <span class="quiet">{formatMoment(last_at)}</span></p>
        : <p class="quiet">has not come yet</p>}
    </li>
  )
}
