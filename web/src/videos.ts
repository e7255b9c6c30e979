import { computed, signal } from '@preact/signals'
import { ApiError } from './api/call'
import type { Video, VideoChange } from './api/types'
import { changeVideo, deleteVideo, getVideo, importVideos, listVideos, reprocessVideo } from './api/videos'
import { filterOf, isEverything, pathOf, type Filter } from './studio/library/filter'
import { listen, type News } from './live'
import { correctAddress, route, search } from './router'
import { withRetries } from './uploader/retry'

/** Every video this page knows, by id. */
export const videos = signal<ReadonlyMap<string, Video>>(new Map())

/** Videos of which the server has said that they do not exist, or no longer. */
export const gone = signal<ReadonlySet<string>>(new Set())

interface Shelf {
  /** In the order asked for. */
  ids: readonly string[]
  nextCursor: string | null
  state: 'loading' | 'loaded' | 'failed'
  /** Why loading failed. */
  message: string
}

/** What the library shows: the pages of the list read so far. */
export const shelf = signal<Shelf>({ ids: [], nextCursor: null, state: 'loading', message: '' })

/** Which of them it shows. */
export const filter = computed<Filter>(() => filterOf(search.value))

export function setFilter(wish: Filter): void {
  correctAddress(pathOf(wish))
}

export async function loadFirstPage(): Promise<void> {
  await loadPage(null, [])
}

export async function loadNextPage(): Promise<void> {
  const { nextCursor, ids, state } = shelf.value
  if (nextCursor && state !== 'loading') await loadPage(nextCursor, ids)
}

async function loadPage(cursor: string | null, before: readonly string[]): Promise<void> {
  const asked = filter.value
  shelf.value = { ...shelf.value, state: 'loading' }
  try {
    const page = await listVideos(asked, cursor)
    // Something else is looked for by now.
    if (filter.value !== asked) return
    page.items.forEach(keep)
    // Something uploaded in between moves the pages by one: no card twice.
    const ids = [...new Set([...before, ...page.items.map(({ id }) => id)])]
    shelf.value = { ids, nextCursor: page.next_cursor, state: 'loaded', message: '' }
  } catch (error) {
    if (filter.value === asked) shelf.value = { ...shelf.value, state: 'failed', message: messageOf(error) }
  }
}

/** Questions about videos that have no answer yet, by id: the number of the last one, and whether there was news since. */
const asking = new Map<string, { turn: number; hasNews: boolean }>()
let turns = 0

/** Reads one video; from then on it is kept up to date. An answer that another question has overtaken is dropped. */
export async function loadVideo(id: string): Promise<void> {
  const asked = { turn: ++turns, hasNews: false }
  asking.set(id, asked)
  try {
    const video = await getVideo(id)
    if (asking.get(id) === asked) keep(video)
  } catch (error) {
    if (isMissing(error)) drop(id)
    throw error
  } finally {
    if (asking.get(id) === asked) asking.delete(id)
  }
  // It may have changed after it was read.
  if (asked.hasNews) reread(id)
}

/** Addresses that were renewed and are refused all the same have another defect: no more questions for this long. */
const MIN_RENEWAL_MS = 60_000

const renewedAtMs = new Map<string, number>()

/** Signed addresses expire on a page that stays open: asks for fresh ones. */
export function renewAddresses(id: string): void {
  const nowMs = performance.now()
  if (nowMs - (renewedAtMs.get(id) ?? -Infinity) < MIN_RENEWAL_MS) return
  renewedAtMs.set(id, nowMs)
  loadVideo(id).catch(() => {})
}

/** Shows a video that was just uploaded at the head of the shelf, unless something else is looked for. */
export function shelve(id: string): void {
  const { ids } = shelf.value
  if (isEverything(filter.value) && !ids.includes(id)) shelf.value = { ...shelf.value, ids: [id, ...ids] }
}

export async function change(video: Video, wish: VideoChange): Promise<void> {
  keep(await changeVideo(video.id, wish))
}

/** Makes the outputs anew from the file that was uploaded; viewers keep what they have until then. */
export async function processAgain(id: string): Promise<void> {
  keep(await reprocessVideo(id))
}

/** Makes videos of files elsewhere on the web; they are on the shelf at once. */
export async function importAll(urls: readonly string[]): Promise<void> {
  for (const video of await importVideos(urls)) {
    keep(video)
    shelve(video.id)
  }
}

/** Requests on their way at the same time when much is changed. */
const AT_A_TIME = 4

/** Does the same with many; answers with the sentences of those that did not work. */
export async function forEach<T extends object>(all: readonly T[], action: (one: T) => Promise<void>): Promise<{ failures: string[] }> {
  const queue = [...all]
  const failures: string[] = []
  const lane = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift())
      await action(one).catch((error: unknown) => failures.push(messageOf(error)))
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  return { failures }
}

export async function remove(id: string): Promise<void> {
  try {
    await deleteVideo(id)
  } catch (error) {
    // Somebody was faster.
    if (!isMissing(error)) throw error
  }
  drop(id)
}

/** An id that is none is refused like one that is not known. */
function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

function keep(video: Video): void {
  videos.value = new Map(videos.value).set(video.id, video)
}

function drop(id: string): void {
  gone.value = new Set(gone.value).add(id)
  const rest = new Map(videos.value)
  rest.delete(id)
  videos.value = rest
  shelf.value = { ...shelf.value, ids: shelf.value.ids.filter((other) => other !== id) }
}

/** The page follows what it knows; whatever else is new appears when the list is read again. */
function hear({ id, status, ...news }: News['video']): void {
  const asked = asking.get(id)
  if (asked) asked.hasNews = true
  const known = videos.value.get(id)
  if (!known) return
  if (status === 'deleted') return drop(id)
  keep({ ...known, ...news, status })
  // Addresses and measures come with the video itself.
  if (status !== known.status || news.playable !== known.playable) reread(id)
}

/** Anything may have changed while nobody listened: the list is read again, and what is not on its first page. */
function rereadAll(): void {
  if (shelf.value.state === 'loaded') void loadFirstPage()
  const { value } = route
  for (const { id, status } of videos.value.values())
    if (status !== 'ready' || (value.page === 'video' && value.id === id)) reread(id)
}

function reread(id: string): void {
  withRetries(() => loadVideo(id), new AbortController().signal).catch(() => {})
}

listen('video', { onNews: hear, onReset: rereadAll })

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
