export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const

export function setSpeed(media: HTMLMediaElement, speed: number): void {
  // The default survives a new source.
  media.defaultPlaybackRate = speed
  media.playbackRate = speed
}

/** The next speed up or down; the same at the end of the list. */
export function stepSpeed(media: HTMLMediaElement, step: 1 | -1): void {
  const faster = SPEEDS.filter((speed) => (speed - media.playbackRate) * step > 0)
  const next = step > 0 ? faster[0] : faster.at(-1)
  if (next) setSpeed(media, next)
}
