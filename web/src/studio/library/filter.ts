import type { VideoStatus } from '../../api/types'
import { LIBRARY_PATH } from '../../router'

export type Sort = 'newest' | 'oldest' | 'title'

/** Which videos the library shows. */
export interface Filter {
  /** Part of title, description or a tag. */
  text: string
  status: VideoStatus | ''
  sort: Sort
}

export const EVERYTHING: Filter = { text: '', status: '', sort: 'newest' }

export const isEverything = (filter: Filter): boolean => pathOf(filter) === LIBRARY_PATH

const STATUSES: readonly string[] = ['pending_upload', 'processing', 'ready', 'failed'] satisfies VideoStatus[]
const SORTS: readonly string[] = ['newest', 'oldest', 'title'] satisfies Sort[]

/** What the address of the page asks for; nonsense asks for everything. */
export function filterOf(search: string): Filter {
  const query = new URLSearchParams(search)
  const one = <T extends string>(name: string, known: readonly string[], otherwise: T): T => {
    const value = query.get(name) ?? ''
    return known.includes(value) ? (value as T) : otherwise
  }
  return {
    text: (query.get('text') ?? '').slice(0, 200),
    status: one('status', STATUSES, EVERYTHING.status),
    sort: one('sort', SORTS, EVERYTHING.sort),
  }
}

/** The address that asks for this, so that it can be kept and sent to others. */
export function pathOf(filter: Filter): string {
  const query = new URLSearchParams()
  for (const name of ['text', 'status', 'sort'] as const) if (filter[name] !== EVERYTHING[name]) query.set(name, filter[name])
  return query.size > 0 ? `${LIBRARY_PATH}?${query}` : LIBRARY_PATH
}
