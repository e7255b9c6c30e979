import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/** What a browser's EventSource does, as far as the page can see. */
class FakeStream extends EventTarget {
  static readonly CLOSED = 2
  static opened: FakeStream[] = []
  readyState = 1
  onerror: (() => void) | null = null

  constructor(readonly url: string) {
    super()
    FakeStream.opened.push(this)
  }

  close(): void {
    this.readyState = FakeStream.CLOSED
  }

  tell(type: string, lastEventId: string, data: unknown = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), { lastEventId, data: JSON.stringify(data) }))
  }
}

const page = vi.hoisted(() => Object.assign(new EventTarget(), { hidden: false }))
vi.hoisted(() => vi.stubGlobal('document', page))
vi.stubGlobal('EventSource', FakeStream)
vi.mock('./api/session', () => ({ checkSession: vi.fn(async () => {}) }))

const { signedIn } = await import('./api/request')
const { checkSession } = await import('./api/session')
const { listen } = await import('./live')

const newest = (): FakeStream => FakeStream.opened.at(-1) as FakeStream
const topics = (): string | null => new URL(newest().url, 'http://x').searchParams.get('topics')
const lastId = (): string | null => new URL(newest().url, 'http://x').searchParams.get('last_event_id')

function look(hidden: boolean): void {
  page.hidden = hidden
  page.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', globalThis)
  FakeStream.opened = []
  signedIn.value = true
})
afterEach(() => {
  signedIn.value = false
  look(false)
  vi.useRealTimers()
  vi.clearAllMocks()
})

test('one stream tells all listeners, and closes when nobody listens any more', () => {
  const videos = { onNews: vi.fn(), onReset: vi.fn() }
  const jobs = { onNews: vi.fn(), onReset: vi.fn() }
  const stopVideos = listen('video', videos)
  const stopJobs = listen('job', jobs)
  expect(topics()).toBe('video,job')
  expect(FakeStream.opened.filter(({ readyState }) => readyState !== FakeStream.CLOSED)).toHaveLength(1)
  newest().tell('video', '0-1', { id: 'v1', status: 'ready' })
  expect(videos.onNews).toHaveBeenCalledExactlyOnceWith({ id: 'v1', status: 'ready' })
  expect(jobs.onNews).not.toHaveBeenCalled()
  stopVideos()
  expect(topics()).toBe('job')
  stopJobs()
  expect(newest().readyState).toBe(FakeStream.CLOSED)
})

test('whoever begins reads its state again once the stream stands, and a tab that was away hears what it has missed', () => {
  const listener = { onNews: vi.fn(), onReset: vi.fn() }
  const stop = listen('video', listener)
  newest().tell('hello', '0-5')
  expect(listener.onReset).toHaveBeenCalledTimes(1)
  newest().tell('video', '0-7', { id: 'v1', status: 'processing' })
  look(true)
  expect(newest().readyState).toBe(FakeStream.CLOSED)
  look(false)
  expect(lastId()).toBe('0-7')
  newest().tell('hello', '0-7')
  expect(listener.onReset).toHaveBeenCalledTimes(1)
  newest().tell('reset', '0-90')
  expect(listener.onReset).toHaveBeenCalledTimes(2)
  stop()
})

test('a stream that the server refuses is asked for again after a while, and the session is looked at', () => {
  const stop = listen('video', { onNews: vi.fn(), onReset: vi.fn() })
  const refused = newest()
  refused.close()
  refused.onerror?.()
  expect(checkSession).toHaveBeenCalledTimes(1)
  expect(newest()).toBe(refused)
  vi.advanceTimersByTime(5000)
  expect(newest()).not.toBe(refused)
  // A line that is lost comes back by itself.
  newest().onerror?.()
  vi.advanceTimersByTime(60_000)
  expect(FakeStream.opened).toHaveLength(2)
  stop()
})

test('nobody listens without a session', () => {
  const stop = listen('video', { onNews: vi.fn(), onReset: vi.fn() })
  const opened = FakeStream.opened.length
  signedIn.value = false
  expect(newest().readyState).toBe(FakeStream.CLOSED)
  look(true)
  look(false)
  expect(FakeStream.opened).toHaveLength(opened)
  stop()
})
