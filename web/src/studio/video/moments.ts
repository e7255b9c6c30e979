export interface Moment {
  /** Of the picture. */
  index: number
  second: number
}

/** At most `max` of `count` pictures, evenly apart, the first among them. */
export function moments(count: number, interval: number, max: number): Moment[] {
  const step = Math.max(1, count / max)
  const shown = Math.min(count, max)
  return Array.from({ length: shown }, (_, position) => {
    const index = Math.floor(position * step)
    return { index, second: index * interval }
  })
}
