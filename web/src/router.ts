import { signal } from '@preact/signals'

export type Route = { page: 'home' } | { page: 'watch'; id: string } | { page: 'missing' }

export function routeOf(path: string): Route {
  const [first, id, ...rest] = path.split('/').filter(Boolean)
  // After signing in there, the sign-in address shows the library.
  if (first === undefined || first === 'sign-in') return { page: 'home' }
  const videoId = first === 'watch' && rest.length === 0 ? decoded(id) : null
  return videoId ? { page: 'watch', id: videoId } : { page: 'missing' }
}

/** `null` for what is no encoding of any text, such as `%E0`. */
function decoded(segment: string | undefined): string | null {
  try {
    return decodeURIComponent(segment ?? '')
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

export const watchPath = (id: string): string => `/watch/${encodeURIComponent(id)}`

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
