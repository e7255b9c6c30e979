import { computed, effect, signal, untracked } from '@preact/signals'
import type { Queue } from '../../api/queue-types'
import { listQueues, pauseQueue, resumeQueue } from '../../api/queues'
import { signedIn } from '../../api/request'
import { listen, type News } from '../../live'
import { route, type Route } from '../../router'
import { messageOf } from '../../videos'
import { beginning, counted, type Throughput } from './throughput'

// How the queues stand, kept up to date while one of their pages is shown.

const PAGES: readonly Route['page'][] = ['queues', 'queue', 'job', 'schedules']

/** Every queue by name; `null` until they are known. */
export const queues = signal<ReadonlyMap<string, Queue> | null>(null)

/** Why they could not be read. */
export const queuesFailure = signal('')

export const throughputs = signal<ReadonlyMap<string, Throughput>>(new Map())

export async function loadQueues(): Promise<void> {
  queuesFailure.value = ''
  try {
    const listed = await listQueues()
    queues.value = new Map(listed.map((queue) => [queue.name, queue]))
  } catch (error) {
    queuesFailure.value = messageOf(error)
  }
}

/** Nobody takes jobs of a paused queue. */
export async function setPaused(name: string, isPaused: boolean): Promise<void> {
  keep(await (isPaused ? pauseQueue(name) : resumeQueue(name)))
}

function keep(queue: Queue): void {
  queues.value = new Map(queues.value).set(queue.name, queue)
}

/** The numbers that the throughputs have counted last. */
const last = new Map<string, Queue>()

function hear({ 'waiting-children': waiting_children, ...news }: News['queue']): void {
  const queue = { ...news, waiting_children }
  const before = last.get(queue.name)
  const nowMs = Date.now()
  const throughput = throughputs.value.get(queue.name) ?? beginning(nowMs)
  const next = before ? counted(throughput, before, queue, nowMs) : throughput
  throughputs.value = new Map(throughputs.value).set(queue.name, next)
  last.set(queue.name, queue)
  // One queue is not the list.
  if (queues.value) keep(queue)
}

/** What ended while nobody listened is not known by the second: counting begins anew. */
function beginAnew(): void {
  last.clear()
  throughputs.value = new Map()
}

function onVisibility(): void {
  if (document.hidden) beginAnew()
}

function enter(): () => void {
  void loadQueues()
  const stop = listen('queue', { onNews: hear, onReset: () => void loadQueues() })
  document.addEventListener('visibilitychange', onVisibility)
  return () => {
    stop()
    document.removeEventListener('visibilitychange', onVisibility)
    beginAnew()
  }
}

const isShown = computed(() => signedIn.value === true && PAGES.includes(route.value.page))

effect(() => (isShown.value ? untracked(enter) : undefined))
