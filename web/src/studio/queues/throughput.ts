import type { Queue } from '../../api/queue-types'

// How many jobs of a queue end every few seconds, counted in this tab from the numbers that the server sends once a second.
// A failed job that is tried again and fails again between two of them is not seen.

export const BUCKET_MS = 4000
/** Two minutes. */
export const BUCKETS = 30

export interface Throughput {
  /** When the counting began. */
  sinceMs: number
  /** Jobs that have ended, by bucket since 1970; the old ones are forgotten. */
  ended: ReadonlyMap<number, number>
}

const bucketOf = (ms: number): number => Math.floor(ms / BUCKET_MS)

export function beginning(nowMs: number): Throughput {
  return { sinceMs: nowMs, ended: new Map() }
}

/** Adds what has ended between two counts of a queue. */
export function counted({ sinceMs, ended }: Throughput, before: Queue, after: Queue, nowMs: number): Throughput {
  // Clearing and trying again make the counts smaller; that ends nothing.
  const more = Math.max(0, after.completed - before.completed) + Math.max(0, after.failed - before.failed)
  const current = bucketOf(nowMs)
  const kept = new Map([...ended].filter(([bucket]) => bucket > current - BUCKETS))
  if (more > 0) kept.set(current, (kept.get(current) ?? 0) + more)
  return { sinceMs, ended: kept }
}

/** Jobs that ended in each bucket up to now, oldest first; as many as have been counted. */
export function series({ sinceMs, ended }: Throughput, nowMs: number): number[] {
  const current = bucketOf(nowMs)
  const length = Math.max(1, Math.min(BUCKETS, current - bucketOf(sinceMs) + 1))
  return Array.from({ length }, (_, index) => ended.get(current - length + 1 + index) ?? 0)
}

/** The line through these numbers in a box, with the newest at its right edge: points of an SVG polyline. */
export function points(numbers: readonly number[], width: number, height: number): string {
  const highest = Math.max(1, ...numbers)
  const step = width / (BUCKETS - 1)
  const left = width - (numbers.length - 1) * step
  const point = (number: number, index: number): string =>
    `${(left + index * step).toFixed(1)},${(height - (number / highest) * height).toFixed(1)}`
  return numbers.map(point).join(' ')
}
