import { iconButton, on, setIcon } from './dom'

export function togglePlay(media: HTMLMediaElement): void {
  // Refused when the browser wants a gesture first; the button then still says Play.
  if (media.paused) media.play().catch(() => {})
  else media.pause()
}

/** `className` tells the small button of the bar from the large one over the picture. */
export function playButton(media: HTMLMediaElement, className: string): HTMLButtonElement {
  const button = iconButton(className, 'play', 'Play')
  on(media, 'play pause ended seeking', () => {
    if (media.ended) setIcon(button, 'replay', 'Play again')
    else if (media.paused) setIcon(button, 'play', 'Play')
    else setIcon(button, 'pause', 'Pause')
  })
  on(button, 'click', () => togglePlay(media))
  return button
}
