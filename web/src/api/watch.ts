import { call } from './call'
import type { WatchedVideo } from './types'

/** A video for somebody who may not be signed in; `token` is what the address of a private one carries. */
export function getWatched(id: string, token: string | null, signal?: AbortSignal): Promise<WatchedVideo> {
  const query = token ? `?${new URLSearchParams({ token })}` : ''
  return call<WatchedVideo>('GET', `/watch/${encodeURIComponent(id)}${query}`, { signal })
}
