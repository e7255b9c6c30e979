import { togglePlay } from './play'
import { stepSpeed } from './speed'
import { changeVolume, toggleMute } from './volume'

const STEP_S = 5
const LONG_STEP_S = 10
const VOLUME_STEP = 0.05

/** What keys do that is not a matter of the media alone. */
export interface KeyActions {
  toggleFullscreen(): void
  toggleTheatre(): void
  toggleCaptions(): void
  toggleHelp(): void
  /** Seconds that a picture is shown. */
  frameDuration(): number
}

/** Acts on a key and answers whether it meant anything. */
export function pressKey(key: string, media: HTMLMediaElement, act: KeyActions): boolean {
  const seekBy = (seconds: number): void => seekTo(media, media.currentTime + seconds)
  // While it plays a single picture is gone at once.
  const step = (pictures: number): void => {
    if (media.paused) seekBy(pictures * act.frameDuration())
  }
  const actions: Record<string, () => void> = {
    ' ': () => togglePlay(media),
    k: () => togglePlay(media),
    ArrowLeft: () => seekBy(-STEP_S),
    ArrowRight: () => seekBy(STEP_S),
    j: () => seekBy(-LONG_STEP_S),
    l: () => seekBy(LONG_STEP_S),
    ',': () => step(-1),
    '.': () => step(1),
    ArrowUp: () => changeVolume(media, VOLUME_STEP),
    ArrowDown: () => changeVolume(media, -VOLUME_STEP),
    Home: () => seekTo(media, 0),
    End: () => seekTo(media, media.duration),
    '<': () => stepSpeed(media, -1),
    '>': () => stepSpeed(media, 1),
    m: () => toggleMute(media),
    c: () => act.toggleCaptions(),
    f: () => act.toggleFullscreen(),
    t: () => act.toggleTheatre(),
    '?': () => act.toggleHelp(),
  }
  const action = /^[0-9]$/.test(key) ? () => seekTo(media, (media.duration * Number(key)) / 10) : actions[key]
  action?.()
  return action !== undefined
}

function seekTo(media: HTMLMediaElement, time: number): void {
  if (media.duration > 0) media.currentTime = Math.min(media.duration, Math.max(0, time))
}

/** Keys that the focused control needs for itself. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (target instanceof HTMLButtonElement) return key === ' ' || key === 'Enter'
  return target instanceof HTMLInputElement && target.max === '1' && (key.startsWith('Arrow') || key === 'Home' || key === 'End')
}

export function listenToKeys(root: HTMLElement, press: (key: string) => boolean): void {
  root.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
    if (isTaken(event.target, event.key)) return
    if (press(event.key)) event.preventDefault()
  })
}
