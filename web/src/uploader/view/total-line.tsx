import type { JSX } from 'preact'
import { formatBytes, formatTimeLeft } from '../../format'
import { ProgressBar } from '../../ui/status'
import type { UploadQueue } from '../queue'

/** All files together, once there are several. */
export function TotalLine({ queue }: { queue: UploadQueue }): JSX.Element | null {
  const { files, bytes, sentBytes, bytesPerSecond } = queue.total.value
  if (files < 2) return null
  const sending = queue.uploads.value.flatMap(({ sending }) => (sending.value.step === 'sending' ? sending.value : []))
  const isPaused = sending.length > 0 && sending.every(({ closure }) => closure === 'paused')
  return (
    <div class="total-line">
      <div class="row-body">
        <ProgressBar value={bytes > 0 ? sentBytes / bytes : 0} label="All uploads" />
        <p class="row-line number">
          {files} files · {formatBytes(sentBytes)} of {formatBytes(bytes)}
          {bytesPerSecond > 0 && ` · ${formatBytes(bytesPerSecond)}/s · ${formatTimeLeft((bytes - sentBytes) / bytesPerSecond)}`}
        </p>
      </div>
      <button type="button" onClick={() => (isPaused ? queue.resumeAll() : queue.pauseAll())}>
        {isPaused ? 'Resume all' : 'Pause all'}
      </button>
    </div>
  )
}
