import type { Rendition } from './manifest'

/** Part of the measured bandwidth that a rendition may use, so that a weak moment does not stall it. */
const SAFETY = 0.8
/** Stepping up asks for more room than staying, or two renditions would alternate. */
const SAFETY_STEP_UP = 0.7
/** With less than a segment buffered there is no time to be wrong. */
const SAFETY_EMERGENCY = 0.5

/**
 * Estimates bandwidth as the lower of two harmonic averages: the fast one follows a drop at once, the slow one rises
 * late. Harmonic, because one burst from a cache would lift an arithmetic average for many segments.
 */
export class BandwidthEstimator {
  private fast = 0
  private slow = 0

  add(bitsPerSecond: number): void {
    if (!(bitsPerSecond > 0) || !Number.isFinite(bitsPerSecond)) return
    const first = this.fast === 0
    this.fast = first ? bitsPerSecond : 1 / (0.5 / this.fast + 0.5 / bitsPerSecond)
    this.slow = first ? bitsPerSecond : 1 / (0.8 / this.slow + 0.2 / bitsPerSecond)
  }

  /** A fetch was given up at this rate: what was measured before no longer counts. */
  fall(bitsPerSecond: number): void {
    this.fast = Math.min(this.fast, bitsPerSecond)
  }

  /** `null` before the first measurement. */
  bitsPerSecond(): number | null {
    return this.fast === 0 ? null : Math.min(this.fast, this.slow)
  }
}

/** A segment on its way. */
export interface Transfer {
  /** Bytes that are here, and that there are. */
  loaded: number
  bytes: number
  elapsedMs: number
  /** Seconds the segment plays. */
  duration: number
  /** Seconds until playback needs it. */
  left: number
  /** Bytes of the same segment in the lowest rendition. */
  lowestBytes: number
}

/** Before this time a rate says little. */
const MIN_OBSERVED_MS = 500
/** Without a byte so far it may be the wait before another try, which a lower rendition would not shorten. */
const MIN_SILENT_MS = 2500
/** Beginning again has to win so much, or it is better to wait. */
const WORTH_IT = 0.6

/**
 * The rate in bits per second when a fetch should be given up for a lower rendition: it comes more slowly than it
 * plays, or too late, and a lower one would be here clearly sooner. `null` while it may go on.
 */
export function rateToGiveUpAt({ loaded, bytes, elapsedMs, duration, left, lowestBytes }: Transfer): number | null {
  if (elapsedMs < (loaded > 0 ? MIN_OBSERVED_MS : MIN_SILENT_MS)) return null
  const bitsPerSecond = (loaded * 8000) / elapsedMs
  const seconds = (size: number): number => (size * 8) / bitsPerSecond
  const remaining = seconds(bytes - loaded)
  const isLate = remaining > Math.min(duration, left)
  // Nothing at all has come: everything would take for ever, so sizes decide.
  const isWorthIt = bitsPerSecond > 0 ? seconds(lowestBytes) < WORTH_IT * remaining : lowestBytes < WORTH_IT * bytes
  return isLate && isWorthIt ? bitsPerSecond : null
}

export interface Conditions {
  bitsPerSecond: number | null
  /** Index of the rendition in use, -1 before the first and when it is none of these. */
  current: number
  /** Less than one segment is left to play. */
  isUrgent: boolean
}

/** Index of the rendition to fetch next; `renditions` ascend in bandwidth. The first segment is of the lowest: it starts soonest. */
export function chooseRendition(renditions: readonly Rendition[], { bitsPerSecond, current, isUrgent }: Conditions): number {
  if (bitsPerSecond === null || current < 0) return 0
  const fits = (rendition: Rendition, index: number): boolean => {
    const safety = isUrgent ? SAFETY_EMERGENCY : index > current ? SAFETY_STEP_UP : SAFETY
    return rendition.bandwidth <= safety * bitsPerSecond
  }
  return Math.max(0, renditions.findLastIndex(fits))
}
