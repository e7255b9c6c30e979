import { JOB_STATES } from '../../api/queue-types'
import type { JobFilter } from '../../api/queues'
import { queuePath } from '../../router'

export const ALL_JOBS: JobFilter = { state: '', text: '', offset: 0 }

/** As the server accepts. */
export const MAX_TEXT_CHARS = 200
const MAX_OFFSET = 1_000_000

/** What the address of a queue's page asks for; nonsense asks for everything. */
export function jobFilterOf(search: string): JobFilter {
  const query = new URLSearchParams(search)
  const offset = Number(query.get('offset'))
  return {
    state: JOB_STATES.find((state) => state === query.get('state')) ?? '',
    text: (query.get('text') ?? '').slice(0, MAX_TEXT_CHARS),
    offset: Number.isInteger(offset) && offset > 0 && offset <= MAX_OFFSET ? offset : 0,
  }
}

/** The address that asks for this, so that it can be kept and sent to others. */
export function jobsPath(queue: string, { state, text, offset }: JobFilter): string {
  const query = new URLSearchParams()
  if (state) query.set('state', state)
  if (text) query.set('text', text)
  if (offset) query.set('offset', String(offset))
  return query.size > 0 ? `${queuePath(queue)}?${query}` : queuePath(queue)
}
