import { on } from './dom'

/** The controls leave the picture after this time without a sign of the viewer. */
const IDLE_MS = 2500

/** Sets `data-idle` on `root` while the video plays and nobody moves, and turns clicks on the picture into play and pause. */
export function hideWhenIdle(root: HTMLElement, media: HTMLMediaElement): void {
  let timer = 0
  const settle = (): void => {
    const isBusy = media.paused || root.querySelector('.bar :focus-visible, .menu:not([hidden])') !== null
    root.toggleAttribute('data-idle', !isBusy)
  }
  const stir = (): void => {
    root.removeAttribute('data-idle')
    clearTimeout(timer)
    timer = window.setTimeout(settle, IDLE_MS)
  }
  on(root, 'pointermove pointerdown keydown focusin', stir)
  on(media, 'play pause', stir)
  on(root, 'pointerleave', settle)
}
