import type { JSX } from 'preact'
import type { AssetStatus, CacheStats } from '../../api/cache'

export const STATUS_NAMES: Record<AssetStatus, string> = {
  PENDING: 'Waiting',
  DOWNLOADING: 'On its way',
  CACHED: 'Cached',
  FAILED: 'Failed',
}

/** Colours of the same meaning as for videos. */
const CHIPS: Partial<Record<AssetStatus, string>> = { DOWNLOADING: 'chip-processing', CACHED: 'chip-ready', FAILED: 'chip-failed' }

export function AssetChip({ status }: { status: AssetStatus }): JSX.Element {
  return <span class={`chip ${CHIPS[status] ?? ''}`}>{STATUS_NAMES[status]}</span>
}

export function countOf(stats: CacheStats, status: AssetStatus | ''): number {
  switch (status) {
    case 'PENDING': return stats.pending
    case 'DOWNLOADING': return stats.downloading
    case 'CACHED': return stats.cached
    case 'FAILED': return stats.failed
    case '': return stats.total
  }
}
