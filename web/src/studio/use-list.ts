import { useEffect, useRef, useState } from 'preact/hooks'
import { listen, type News, type Topic } from '../live'
import { useThrottled } from '../use-throttled'
import { messageOf } from '../videos'
import { queryOf, type Wish } from './wish'

/** Divides evenly into rows of 1, 2, 3 and 4 cards. */
const PAGE_SIZE = 24
/** As many as the server gives at a time. */
const MAX_LIMIT = 100
const RELOAD_MS = 1000

interface Page<T> {
  items: T[]
  next_cursor: string | null
}

type Ask<T> = (query: URLSearchParams) => Promise<Page<T>>

export interface List<T> {
  /** `null` until they are known. */
  items: readonly T[] | null
  hasMore: boolean
  /** Something else is on its way. */
  isStale: boolean
  failure: string
  reload: () => void
  loadMore: () => void
  /** Shows at once what the server will say, too; `null` takes it out. */
  patch: (id: string, change: Partial<T> | null) => void
}

/** A list as it is wished for, kept up to date by news of one topic while somebody looks. */
export function useList<T extends { id: string }, K extends Topic>(
  ask: Ask<T>,
  wish: Wish,
  topic: K,
  hear: (news: News[K], list: List<T>) => void,
): List<T> {
  const [shown, setShown] = useState({ items: null as readonly T[] | null, hasMore: false, isStale: true, failure: '' })
  const question = useRef(0)
  const wanted = useRef(PAGE_SIZE)
  const load = async (): Promise<void> => {
    const asked = ++question.current
    try {
      const answer = await read(ask, wish, wanted.current)
      if (asked === question.current) setShown({ ...answer, isStale: false, failure: '' })
    } catch (error) {
      if (asked === question.current) setShown((shown) => ({ ...shown, isStale: false, failure: messageOf(error) }))
    }
  }
  const reload = useThrottled(() => void load(), RELOAD_MS)
  const list: List<T> = {
    ...shown,
    reload,
    loadMore: () => {
      wanted.current = (shown.items?.length ?? 0) + PAGE_SIZE
      setShown({ ...shown, isStale: true })
      void load()
    },
    patch: (id, change) => setShown((shown) => ({ ...shown, items: patched(shown.items, id, change) })),
  }
  const newest = useRef({ hear, list })
  newest.current = { hear, list }
  useEffect(() => {
    wanted.current = PAGE_SIZE
    setShown((shown) => ({ ...shown, isStale: true }))
    void load()
    return () => void question.current++
  }, [wish.text, wish.status])
  useEffect(() => listen(topic, { onNews: (news) => newest.current.hear(news, newest.current.list), onReset: reload }), [])
  return list
}

/** The first so many of the list. */
async function read<T>(ask: Ask<T>, wish: Wish, count: number): Promise<{ items: T[]; hasMore: boolean }> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const query = queryOf(wish)
    query.set('limit', String(Math.min(MAX_LIMIT, count - items.length)))
    if (cursor) query.set('cursor', cursor)
    const page: Page<T> = await ask(query)
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor && items.length < count)
  return { items, hasMore: cursor !== null }
}

function patched<T extends { id: string }>(items: readonly T[] | null, id: string, change: Partial<T> | null): readonly T[] | null {
  if (!items) return null
  return change ? items.map((item) => (item.id === id ? { ...item, ...change } : item)) : items.filter((item) => item.id !== id)
}
