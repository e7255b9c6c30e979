import type { JSX } from 'preact'
import { cells } from '../progress'

/** More would be thinner than a pixel on a phone. */
const MAX_CELLS = 60

/** What has arrived of each part; parts go up side by side. The bar above says the same in one number. */
export function PartCells({ parts }: { parts: readonly number[] }): JSX.Element {
  const shown = cells(parts, MAX_CELLS)
  return (
    <svg class="part-cells" viewBox={`0 0 ${shown.length} 1`} preserveAspectRatio="none" aria-hidden="true">
      {shown.map((share, index) => (
        <rect key={index} x={index + 0.06} width={0.88} height={1} opacity={0.15 + 0.85 * share} />
      ))}
    </svg>
  )
}
