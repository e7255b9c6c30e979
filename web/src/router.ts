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

export function navigate(path: string): void {
  history.pushState(null, '', path)
  route.value = routeOf(path)
  scrollTo(0, 0)
}

export const watchPath = (id: string): string => `/watch/${encodeURIComponent(id)}`

// Plain clicks on links of this site change the page without loading it, so that uploads go on.
function onClick(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.('a')
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute('download')) return
  if (link.origin !== location.origin || routeOf(link.pathname).page === 'missing') return
  event.preventDefault()
  navigate(link.pathname)
}

export function startRouter(): void {
  addEventListener('popstate', () => (route.value = routeOf(location.pathname)))
  document.addEventListener('click', onClick)
}
