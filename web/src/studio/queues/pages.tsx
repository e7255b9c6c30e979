import type { JSX } from 'preact'
import { PAGE_SIZE, type JobFilter } from '../../api/queues'
import { jobsPath } from './job-filter'

interface Props {
  queue: string
  filter: JobFilter
  /** Jobs on this page. */
  count: number
  nextOffset: number | null
}

/** Ways to the jobs before and after, when there are some. */
export function Pages({ queue, filter, count, nextOffset }: Props): JSX.Element | null {
  const { offset } = filter
  if (offset === 0 && nextOffset === null) return null
  const to = (target: number): string => jobsPath(queue, { ...filter, offset: target })
  return (
    <nav class="pages" aria-label="Pages">
      {offset > 0 && <a class="button" rel="prev" href={to(Math.max(0, offset - PAGE_SIZE))}>Previous</a>}
      {count > 0 && <span class="quiet number">{offset + 1}–{offset + count}</span>}
      {nextOffset !== null && <a class="button" rel="next" href={to(nextOffset)}>Next</a>}
    </nav>
  )
}
