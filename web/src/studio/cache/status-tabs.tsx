import type { JSX } from 'preact'
import { ASSET_STATUSES, type AssetStatus, type CacheStats } from '../../api/cache'
import { CACHE_PATH } from '../../router'
import { wishPath, type Wish } from '../wish'
import { STATUS_NAMES, countOf } from './asset-status'

interface Props {
  /** Missing until they are known. */
  stats: CacheStats | null
  wish: Wish
}

/** How many files there are of each status; the text that is looked for stays. */
export function StatusTabs({ stats, wish }: Props): JSX.Element {
  const tab = (status: AssetStatus | '', name: string): JSX.Element => {
    const count = stats ? countOf(stats, status) : undefined
    return (
      <a key={status} href={wishPath(CACHE_PATH, { ...wish, status })} data-state={status.toLowerCase()}
        aria-current={wish.status === status ? 'page' : undefined}>
        {name} <span class="number" data-empty={count === 0 || undefined}>{count?.toLocaleString() ?? '–'}</span>
      </a>
    )
  }
  return (
    <nav class="tabs" aria-label="Statuses">
      {tab('', 'All')}
      {ASSET_STATUSES.map((status) => tab(status, STATUS_NAMES[status]))}
    </nav>
  )
}
