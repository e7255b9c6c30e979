import { iconButton, on, setIcon } from './dom'

// iPhones can only show the bare video in full screen.
type PhoneVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void }

export function toggleFullscreen(host: HTMLElement, media: PhoneVideo): void {
  // A refusal leaves the player as it was, which is all there is to say about it.
  if (document.fullscreenElement === host) document.exitFullscreen().catch(() => {})
  else if (host.requestFullscreen) host.requestFullscreen().catch(() => {})
  else media.webkitEnterFullscreen?.()
}

export function fullscreenButton(host: HTMLElement, media: HTMLVideoElement): HTMLButtonElement {
  const button = iconButton('icon', 'enter', 'Full screen')
  on(button, 'click', () => toggleFullscreen(host, media))
  on(host, 'fullscreenchange', () => {
    const isFull = document.fullscreenElement === host
    setIcon(button, isFull ? 'exit' : 'enter', isFull ? 'Leave full screen' : 'Full screen')
  })
  return button
}
