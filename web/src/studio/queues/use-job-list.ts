import { useEffect, useRef, useState } from 'preact/hooks'
import type { JobSummary } from '../../api/queue-types'
import { listJobs, type JobFilter } from '../../api/queues'
import { listen, type News } from '../../live'
import { messageOf } from '../../videos'
import { useThrottled } from '../../use-throttled'

const RELOAD_MS = 1000

export interface JobList {
  /** `null` until they are known. */
  items: readonly JobSummary[] | null
  nextOffset: number | null
  /** What is shown answers an earlier question. */
  isStale: boolean
  failure: string
  reload: () => void
}

const NOTHING = { items: null, nextOffset: null, isStale: true, failure: '' }

/** The page of jobs that is asked for, kept up to date while somebody looks. */
export function useJobList(queue: string, filter: JobFilter): JobList {
  const [list, setList] = useState<Omit<JobList, 'reload'>>(NOTHING)
  const asked = useRef(0)
  const load = async (): Promise<void> => {
    const question = ++asked.current
    try {
      const { items, next_offset } = await listJobs(queue, filter)
      if (question === asked.current) setList({ items, nextOffset: next_offset, isStale: false, failure: '' })
    } catch (error) {
      if (question === asked.current) setList((list) => ({ ...list, isStale: false, failure: messageOf(error) }))
    }
  }
  const reload = useThrottled(() => void load(), RELOAD_MS)
  const hear = (news: News['job']): void => {
    if (news.queue !== queue) return
    const known = list.items?.find(({ id }) => id === news.id)
    // A job that only gets on moves a bar; everything else may move it to another list.
    if (known?.state === news.state) setList((list) => ({ ...list, items: withProgress(list.items, news) }))
    else reload()
  }
  const newest = useRef(hear)
  newest.current = hear
  useEffect(() => {
    setList((list) => ({ ...list, isStale: true }))
    void load()
    return () => void asked.current++
  }, [queue, filter])
  useEffect(() => listen('job', { onNews: (news) => newest.current(news), onReset: reload }), [])
  // Jobs that are removed, or added by the hundred, tell of themselves by the numbers of their queue alone.
  useEffect(() => listen('queue', { onNews: ({ name }) => name === queue && reload(), onReset: reload }), [queue])
  return { ...list, reload }
}

function withProgress(items: JobList['items'], { id, progress }: News['job']): JobList['items'] {
  return items?.map((job) => (job.id === id ? { ...job, progress: progress ?? job.progress } : job)) ?? null
}
