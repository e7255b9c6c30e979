import type { JSX } from 'preact'
import type { Video, VideoStatus } from '../api/types'
import { formatPercent } from '../format'

const NAMES: Record<VideoStatus, string> = {
  pending_upload: 'Incomplete',
  processing: 'Processing',
  ready: 'Ready',
  failed: 'Failed',
}

export function StatusChip({ status }: { status: VideoStatus }): JSX.Element {
  return <span class={`chip chip-${status}`}>{NAMES[status]}</span>
}

export function ProgressBar({ value, label }: { value: number; label: string }): JSX.Element {
  return <progress value={value} max={1} aria-label={label} />
}

export function ProcessingProgress({ video }: { video: Video }): JSX.Element {
  return (
    <div class="progress-line">
      <ProgressBar value={video.progress} label={`Processing ${video.title}`} />
      <span class="number">{formatPercent(video.progress)}</span>
    </div>
  )
}
