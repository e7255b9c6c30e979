import { signal } from '@preact/signals'

export type Route =
  | { page: 'home' }
  | { page: 'library' }
  | { page: 'video'; id: string }
  | { page: 'queues' }
  | { page: 'queue'; name: string }
  | { page: 'job'; id: string }
  | { page: 'schedules' }
  | { page: 'storage' }
  | { page: 'system' }
  | { page: 'keys' }
  | { page: 'images' }
  | { page: 'image'; id: string }
  | { page: 'cache' }
  | { page: 'movies' }
  | { page: 'movie'; id: string }
  | { page: 'watch'; id: string }
  | { page: 'missing' }

/** Pages without a name or id in their address. */
const STUDIO = ['images', 'cache', 'movies', 'queues', 'schedules', 'storage', 'system', 'keys'] as const

export function routeOf(path: string): Route {
  const segments = path.split('/').filter(Boolean).map(decoded)
  if (segments.includes(null)) return { page: 'missing' }
  const [first, second, third, ...rest] = segments as string[]
  if (rest.length > 0) return { page: 'missing' }
  // After signing in there, the sign-in address shows the first page.
  if (first === undefined || (first === 'sign-in' && second === undefined)) return { page: 'home' }
  if (first === 'watch' && second !== undefined && third === undefined) return { page: 'watch', id: second }
  if (first === 'studio') return inStudio(second, third)
  return { page: 'missing' }
}

function inStudio(room: string | undefined, id: string | undefined): Route {
  if (room === undefined) return { page: 'library' }
  if (id === undefined) return { page: STUDIO.find((name) => name === room) ?? 'missing' }
  if (room === 'videos') return { page: 'video', id }
  if (room === 'images') return { page: 'image', id }
  if (room === 'movies') return { page: 'movie', id }
  if (room === 'queues') return { page: 'queue', name: id }
  if (room === 'jobs') return { page: 'job', id }
  return { page: 'missing' }
}

/** `null` for what is no encoding of any text, such as `%E0`. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}

export const route = signal(routeOf(location.pathname))

/** What stands behind the `?` of the address. */
export const search = signal(location.search)

function readAddress(): void {
  route.value = routeOf(location.pathname)
  search.value = location.search
}

export function navigate(path: string): void {
  history.pushState(null, '', path)
  readAddress()
  scrollTo(0, 0)
}

/** Changes the address of the page that is shown; there is no way back to the one before. */
export function correctAddress(path: string): void {
  history.replaceState(null, '', path)
  readAddress()
}

export const LIBRARY_PATH = '/studio'
export const QUEUES_PATH = '/studio/queues'
export const SCHEDULES_PATH = '/studio/schedules'
export const IMAGES_PATH = '/studio/images'
export const CACHE_PATH = '/studio/cache'
export const MOVIES_PATH = '/studio/movies'
export const videoPath = (id: string): string => `/studio/videos/${encodeURIComponent(id)}`
export const imagePath = (id: string): string => `${IMAGES_PATH}/${encodeURIComponent(id)}`
export const moviePath = (id: string): string => `${MOVIES_PATH}/${encodeURIComponent(id)}`
export const queuePath = (name: string): string => `${QUEUES_PATH}/${encodeURIComponent(name)}`
export const jobPath = (id: string): string => `/studio/jobs/${encodeURIComponent(id)}`

// Plain clicks on links of this site change the page without loading it, so that uploads go on.
function onClick(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.('a')
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute('download')) return
  if (link.origin !== location.origin || routeOf(link.pathname).page === 'missing') return
  event.preventDefault()
  navigate(link.pathname + link.search)
}

export function startRouter(): void {
  addEventListener('popstate', readAddress)
  document.addEventListener('click', onClick)
}
