import type { JSX } from 'preact'
import { formatBytes, formatTimeLeft } from '../format'
import { ProgressBar } from '../ui/status'
import { total, uploads, isActive, pauseUpload, resumeUpload } from './upload-queue'

/** All files together, once there are several. */
export function TotalLine(): JSX.Element | null {
  const { files, bytes, sentBytes, bytesPerSecond } = total.value
  if (files < 2) return null
  const active = uploads.value.filter(isActive)
  const isPaused = active.every(({ sending }) => sending.value.step !== 'sending' || sending.value.closure === 'paused')
  return (
    <div class="total-line">
      <div class="row-body">
        <ProgressBar value={bytes > 0 ? sentBytes / bytes : 0} label="All uploads" />
        <p class="row-line number">
          {files} files · {formatBytes(sentBytes)} of {formatBytes(bytes)}
          {bytesPerSecond > 0 && ` · ${formatBytes(bytesPerSecond)}/s · ${formatTimeLeft((bytes - sentBytes) / bytesPerSecond)}`}
        </p>
      </div>
      <button type="button" onClick={() => active.forEach(isPaused ? resumeUpload : pauseUpload)}>
        {isPaused ? 'Resume all' : 'Pause all'}
      </button>
    </div>
  )
}
