import type { JSX } from 'preact'
import { Trouble } from '../ui/trouble'
import type { List } from './use-list'

/** What stands below a list: why it is not whole, or the way to more of it. */
export function ListFoot<T>({ list }: { list: List<T> }): JSX.Element | null {
  if (list.failure) return <Trouble message={list.failure} onRetry={list.reload} />
  if (!list.hasMore) return null
  return <button type="button" class="more" disabled={list.isStale} onClick={list.loadMore}>Load more</button>
}
