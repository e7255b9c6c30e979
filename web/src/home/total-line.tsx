import type { JSX } from 'preact'
import { formatBytes, formatTimeLeft } from '../format'
import { ProgressBar } from '../ui/status'
import { pauseAll, resumeAll, total, uploads } from './upload-queue'

/** All files together, once there are several. */
export function TotalLine(): JSX.Element | null {
  const { files, bytes, sentBytes, bytesPerSecond } = total.value
  if (files < 2) return null
  const sending = uploads.value.flatMap(({ sending }) => (sending.value.step === 'sending' ? sending.value : []))
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
      <button type="button" onClick={isPaused ? resumeAll : pauseAll}>
        {isPaused ? 'Resume all' : 'Pause all'}
      </button>
    </div>
  )
}
