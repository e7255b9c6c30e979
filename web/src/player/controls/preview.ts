import { clock } from '../clock'
import { thumbnailAt, type Thumbnail } from '../vtt'
import { el } from './dom'

export interface Preview {
  element: HTMLElement
  setThumbnails(thumbnails: Thumbnail[]): void
  showAt(time: number, duration: number): void
  hide(): void
}

/** The little picture with its time above the seek bar. */
export function preview(): Preview {
  const image = el('img', { alt: '' })
  const time = el('span')
  const element = el('div', { class: 'preview', 'aria-hidden': 'true', hidden: '' }, image, time)
  let thumbnails: Thumbnail[] = []
  image.hidden = true
  return {
    element,
    setThumbnails: (found) => {
      thumbnails = found
      image.hidden = found.length === 0
    },
    showAt: (seconds, duration) => {
      if (!(duration > 0)) return
      const thumbnail = thumbnailAt(thumbnails, seconds)
      if (thumbnail && image.src !== thumbnail.url) image.src = thumbnail.url
      time.textContent = clock(seconds)
      element.hidden = false
      // Centred on the pointer, but never out of the player.
      const { offsetWidth } = element
      const barWidth = element.parentElement?.clientWidth ?? 0
      const left = (seconds / duration) * barWidth - offsetWidth / 2
      element.style.left = `${Math.max(0, Math.min(barWidth - offsetWidth, left))}px`
    },
    hide: () => {
      element.hidden = true
    },
  }
}
