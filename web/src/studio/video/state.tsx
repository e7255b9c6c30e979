import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import { request } from '../../api/request'
import { mayChange } from '../../api/session'
import type { Failure, Video } from '../../api/types'
import { jobPath } from '../../router'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { ProcessingProgress } from '../../ui/status'
import { useLoad } from '../../ui/use-load'
import { messageOf, processAgain } from '../../videos'

/** What keeps the video from being complete. */
export function State({ video }: { video: Video }): JSX.Element | null {
  if (video.status === 'ready') return null
  if (video.status === 'failed') return <Failed video={video} />
  if (video.status === 'pending_upload')
    return (
      <div class="panel">
        <p>The file has not arrived yet. If its upload was interrupted, choose the same file again on the upload page.</p>
      </div>
    )
  return (
    <div class="panel">
      <p>{video.playable ? 'More qualities are being made.' : 'The video is being made ready. You can leave this page.'}</p>
      <ProcessingProgress video={video} />
    </div>
  )
}

interface FailedJob {
  id: string
  failure: (Failure & { detail: string | null }) | null
}

/** The job that failed last; a video that was processed again has several. */
async function newestFailure(id: string): Promise<FailedJob | null> {
  const query = new URLSearchParams({ state: 'failed', text: id, limit: '1' })
  const { items } = await request<{ items: FailedJob[] }>('GET', `/queues/video-processing/jobs?${query}`)
  return items[0] ?? null
}

/** Why, what to do, and what the tool said last. */
function Failed({ video }: { video: Video }): JSX.Element {
  const [isBusy, setBusy] = useState(false)
  const ask = useCallback(() => newestFailure(video.id), [video.id])
  const { value: job } = useLoad(ask)
  const onRetry = async (): Promise<void> => {
    setBusy(true)
    await processAgain(video.id).catch((error: unknown) => notify(messageOf(error)))
    setBusy(false)
  }
  return (
    <div class="panel failure" role="alert">
      <Icon name="alert" />
      <div>
        <h2>This video could not be processed</h2>
        <p>{video.failure?.message ?? 'The server gave no reason.'}</p>
        {video.failure && <code>{video.failure.code}</code>}
        {job?.failure?.detail && (
          <details>
            <summary>What the tool said last</summary>
            <pre tabIndex={0}>{job.failure.detail}</pre>
          </details>
        )}
        <div class="form-actions">
          {mayChange.value && <button type="button" disabled={isBusy} onClick={() => void onRetry()}><Icon name="retry" /> Process again</button>}
          {job && <a class="button" href={jobPath(job.id)}>Show the job</a>}
        </div>
      </div>
    </div>
  )
}
