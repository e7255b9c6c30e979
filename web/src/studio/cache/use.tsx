import type { JSX } from 'preact'
import type { CacheStats } from '../../api/cache'
import { formatBytes, formatPercent } from '../../format'
import { ProgressBar } from '../../ui/status'

/** What the cache takes of what it may take; its room is there before the numbers are. */
export function Use({ stats }: { stats: CacheStats | null }): JSX.Element {
  return (
    <section class="panel cache-use" aria-labelledby="use-title">
      <h2 id="use-title" class="unseen">What it takes</h2>
      <p class="number">
        <strong>{stats ? formatBytes(stats.bytes) : '–'}</strong>{' '}
        {stats && (stats.budget_bytes ? `of ${formatBytes(stats.budget_bytes)}` : 'in storage, without a limit')}
      </p>
      {stats?.budget_bytes !== null && (
        <ProgressBar value={stats?.budget_bytes ? Math.min(1, stats.bytes / stats.budget_bytes) : 0} label="Part of the budget that is used" />
      )}
      <p class="quiet number">{stats ? wordsFor(stats) : '\u00a0'}</p>
    </section>
  )
}

function wordsFor({ total, objects, bytes, budget_bytes }: CacheStats): string {
  const files = total === 1 ? '1 address' : `${total.toLocaleString()} addresses`
  const stored = objects === 1 ? '1 object' : `${objects.toLocaleString()} objects`
  const share = budget_bytes ? ` · ${formatPercent(bytes / budget_bytes)} used; what nobody has asked for longest makes room` : ''
  return `${files}, ${stored} in storage; equal files are stored once${share}`
}
