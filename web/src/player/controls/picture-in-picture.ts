import { iconButton, on, setIcon } from './dom'

/** A button for a small window above all others; none where the browser has no such window. */
export function pictureInPictureButton(media: HTMLVideoElement): HTMLButtonElement | null {
  if (!document.pictureInPictureEnabled) return null
  const button = iconButton('icon', 'pip', 'Picture in picture')
  on(button, 'click', () => {
    const isOut = document.pictureInPictureElement !== null
    // Refused before anything is loaded; the picture then stays where it is.
    const change: Promise<unknown> = isOut ? document.exitPictureInPicture() : media.requestPictureInPicture()
    change.catch(() => {})
  })
  on(media, 'enterpictureinpicture', () => setIcon(button, 'pip', 'Back to the page'))
  on(media, 'leavepictureinpicture', () => setIcon(button, 'pip', 'Picture in picture'))
  return button
}
