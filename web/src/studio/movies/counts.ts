import type { EpisodeCounts } from '../../api/movies'

/** `12 of 40 stored, 2 failed`. */
export function wordsFor({ total, stored, failed }: EpisodeCounts): string {
  if (total === 0) return 'no episodes yet'
  const all = `${stored.toLocaleString()} of ${total.toLocaleString()} stored`
  return failed > 0 ? `${all}, ${failed.toLocaleString()} failed` : all
}

/** 0 to 1: what needs nothing more. */
export function shareOf({ total, stored }: EpisodeCounts): number {
  return total > 0 ? stored / total : 0
}
