import { effect } from '@preact/signals'
import type { AssetStatus } from './api/cache'
import type { ImageStatus } from './api/images'
import type { EpisodeStatus } from './api/movies'
import type { JobState, Queue } from './api/queue-types'
import { signedIn } from './api/request'
import { checkSession } from './api/session'
import type { Failure, VideoStatus } from './api/types'

// News from the server: one stream a tab, open while somebody looks at the tab and a page listens. A tab in the background
// holds no connection (browsers give a site six of them) and hears what it has missed when it is looked at again.

/** What the server tells, by topic. */
export interface News {
  video: { id: string; status: VideoStatus | 'deleted'; title?: string; playable?: boolean; progress?: number; failure?: Failure | null }
  /** One that was removed has nothing but its id. */
  job: { id: string; state: JobState | 'removed'; queue?: string; name?: string; subject?: string | null; progress?: number }
  queue: Omit<Queue, 'waiting_children'> & { 'waiting-children': number }
  image: { id: string; status: ImageStatus | 'deleted'; title?: string; progress?: number; failure?: Failure | null }
  asset: { id: string; status: AssetStatus | 'deleted'; failure?: Failure | null }
  /** One that is gone has nothing but its id. */
  episode: { id: string; status: EpisodeStatus | 'deleted'; movie_id?: string; number?: number; failure?: Failure | null }
}

export type Topic = keyof News

export interface Listener<T extends Topic> {
  onNews: (news: News[T]) => void
  /** Something may have been missed: what is shown has to be read again. */
  onReset: () => void
}

/** After the server has refused the stream, as one of too many. */
const AGAIN_MS = 5000

const listeners: { [T in Topic]: Set<Listener<T>> } = {
  video: new Set(), job: new Set(), queue: new Set(), image: new Set(), asset: new Set(), episode: new Set(),
}

let stream: EventSource | null = null
let lastId = ''
let timer = 0

/** Calls the listener until the answer is called. */
export function listen<T extends Topic>(topic: T, listener: Listener<T>): () => void {
  listeners[topic].add(listener)
  // The stream names its topics, so a new one needs a new stream.
  if (listeners[topic].size === 1) connect()
  return () => {
    listeners[topic].delete(listener)
    if (listeners[topic].size === 0) connect()
  }
}

const isVisible = (): boolean => !document.hidden

function connect(): void {
  disconnect()
  const topics = (Object.keys(listeners) as Topic[]).filter((topic) => listeners[topic].size > 0)
  if (!signedIn.value || !isVisible() || topics.length === 0) return
  const query = new URLSearchParams({ topics: topics.join(',') })
  if (lastId) query.set('last_event_id', lastId)
  const opened = new EventSource(`/api/v1/events?${query}`)
  stream = opened
  // Whoever begins here, and not where it has stopped, has read its state before the stream stood.
  opened.addEventListener('hello', (event) => {
    if (!lastId) reset()
    lastId = event.lastEventId
  })
  opened.addEventListener('reset', (event) => {
    lastId = event.lastEventId
    reset()
  })
  for (const topic of topics) opened.addEventListener(topic, (event) => pass(topic, event))
  opened.onerror = () => {
    // It comes again by itself, unless the server has refused it.
    if (opened.readyState !== EventSource.CLOSED || stream !== opened) return
    timer = window.setTimeout(connect, AGAIN_MS)
    checkSession().catch(() => {})
  }
}

function disconnect(): void {
  clearTimeout(timer)
  stream?.close()
  stream = null
}

function pass<T extends Topic>(topic: T, event: MessageEvent<string>): void {
  // The numbers of queues have no place in the order of events.
  if (event.lastEventId) lastId = event.lastEventId
  const news = JSON.parse(event.data) as News[T]
  for (const listener of listeners[topic]) listener.onNews(news)
}

function reset(): void {
  for (const all of Object.values(listeners)) for (const listener of all) listener.onReset()
}

document.addEventListener('visibilitychange', connect)
effect(() => {
  if (signedIn.value) connect()
  else {
    disconnect()
    lastId = ''
  }
})
