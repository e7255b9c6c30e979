import { useEffect, useRef, useState } from 'preact/hooks'
import type { Job } from '../../api/queue-types'
import { getJob } from '../../api/queues'
import { ApiError } from '../../api/call'
import { listen, type News } from '../../live'
import { useThrottled } from '../../use-throttled'
import { messageOf } from '../../videos'

const RELOAD_MS = 1000

export interface WatchedJob {
  /** `null` until it is known, or when it is not there. */
  job: Job | null
  isMissing: boolean
  failure: string
  reload: () => void
}

/** One job, kept up to date while somebody looks. */
export function useJob(id: string): WatchedJob {
  const [watched, setWatched] = useState<Omit<WatchedJob, 'reload'>>({ job: null, isMissing: false, failure: '' })
  const asked = useRef(0)
  const load = async (): Promise<void> => {
    const question = ++asked.current
    try {
      const job = await getJob(id)
      if (question === asked.current) setWatched({ job, isMissing: false, failure: '' })
    } catch (error) {
      const isMissing = error instanceof ApiError && error.status === 404
      // What is known stays readable when the server cannot be reached for a moment.
      if (question === asked.current)
        setWatched(({ job }) => ({ job: isMissing ? null : job, isMissing, failure: messageOf(error) }))
    }
  }
  const reload = useThrottled(() => void load(), RELOAD_MS)
  const hear = (news: News['job']): void => {
    const { job } = watched
    if (news.id === id && news.state === 'removed') setWatched({ job: null, isMissing: true, failure: '' })
    else if (news.id === id && news.state === job?.state)
      setWatched({ ...watched, job: { ...job, progress: news.progress ?? job.progress } })
    else if (news.id === id || job?.children.some((child) => child.id === news.id && child.state !== news.state)) reload()
  }
  const newest = useRef(hear)
  newest.current = hear
  useEffect(() => {
    reload()
    return () => void asked.current++
  }, [id])
  useEffect(() => listen('job', { onNews: (news) => newest.current(news), onReset: reload }), [])
  return { ...watched, reload }
}
