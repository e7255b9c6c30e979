/** What a list is asked for. */
export interface Wish {
  /** Part of what stands in its lines. */
  text: string
  /** One of the statuses of the room; empty for all. */
  status: string
}

/** As the server accepts. */
export const MAX_TEXT_CHARS = 200

/** What the address of the page asks for; nonsense asks for everything. */
export function wishOf(search: string, statuses: readonly string[] = []): Wish {
  const query = new URLSearchParams(search)
  return {
    text: (query.get('text') ?? '').slice(0, MAX_TEXT_CHARS),
    status: statuses.find((status) => status === query.get('status')) ?? '',
  }
}

/** The address that asks for this, so that it can be kept and sent to others. */
export function wishPath(path: string, wish: Wish): string {
  const query = queryOf(wish)
  return query.size > 0 ? `${path}?${query}` : path
}

export function queryOf({ text, status }: Wish): URLSearchParams {
  const query = new URLSearchParams()
  if (text) query.set('text', text)
  if (status) query.set('status', status)
  return query
}
