import type { JSX } from 'preact'
import type { JobSummary } from '../../api/queue-types'
import { videoPath } from '../../router'
import { videos } from '../../videos'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What the job works on: a link to the video, by its title when this tab knows it. */
export function Subject({ job: { subject } }: { job: JobSummary }): JSX.Element | null {
  if (!subject) return null
  if (!UUID.test(subject)) return <span>{subject}</span>
  return <a href={videoPath(subject)}>{videos.value.get(subject)?.title ?? 'the video'}</a>
}
