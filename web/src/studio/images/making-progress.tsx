import type { JSX } from 'preact'
import type { Image } from '../../api/images'
import { formatPercent } from '../../format'
import { ProgressBar } from '../../ui/status'

/** How far the making of an image's variants is. */
export function MakingProgress({ image: { title, progress } }: { image: Image }): JSX.Element {
  return (
    <div class="progress-line">
      <ProgressBar value={progress} label={`Making ${title}`} />
      <span class="number">{formatPercent(progress)}</span>
    </div>
  )
}
