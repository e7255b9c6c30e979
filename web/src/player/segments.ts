import type { Segment } from './manifest'

/** A stretch of seconds. */
export type Range = readonly [start: number, end: number]

/** Frames seldom begin exactly where a segment does. */
const START_SLACK_S = 0.05
/** What is left of a segment when the next one is due: lengths in the manifest and in the buffer differ by rounding. */
const END_SLACK_S = 0.1

export function rangesOf(ranges: TimeRanges): Range[] {
  return Array.from({ length: ranges.length }, (_, i) => [ranges.start(i), ranges.end(i)] as const)
}

/** Where the buffered stretch around `time` ends; `time` itself when it is not buffered. */
export function bufferedEnd(ranges: readonly Range[], time: number): number {
  const around = ranges.find(([start, end]) => start - START_SLACK_S <= time && time < end)
  return around ? around[1] : time
}

/** The segment that plays at `time`; `segments.length` past the end. */
export function segmentAt(segments: readonly Segment[], time: number): number {
  // The last segment may be a single picture, shorter than the slack.
  const index = segments.findIndex(({ start, duration }) => time < start + duration - Math.min(END_SLACK_S, duration / 2))
  return index < 0 ? segments.length : index
}

export interface Playhead {
  time: number
  buffered: readonly Range[]
  /** Up to here segments have been fetched since the last seek. */
  fetchedTo: number
  /** How many segments beyond the current one may be fetched. */
  ahead: number
}

/** The segment to fetch now, `null` while enough is buffered, `'end'` when nothing is left to fetch. */
export function segmentToFetch(
  segments: readonly Segment[],
  { time, buffered, fetchedTo, ahead }: Playhead,
): number | null | 'end' {
  // `fetchedTo` counts too: a segment shorter than promised would look missing for ever and be fetched again and again.
  const index = segmentAt(segments, Math.max(fetchedTo, bufferedEnd(buffered, time)))
  if (index >= segments.length) return 'end'
  return index <= segmentAt(segments, time) + ahead ? index : null
}

/** A hole in the buffer up to this long is jumped over. */
const MAX_GAP_S = 0.5

/** Where to go on when playback stands still at `time` in front of a small hole; `null` when there is none. */
export function gapTarget(ranges: readonly Range[], time: number): number | null {
  if (ranges.some(([start, end]) => start <= time && time < end - END_SLACK_S)) return null
  const following = ranges.find(([start]) => start > time && start - time < MAX_GAP_S)
  // A hair inside, or rounding leaves the playhead outside again.
  return following ? following[0] + 0.01 : null
}
