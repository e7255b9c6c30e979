import { decodeThumbhash } from '../thumbhash'
import { el, on } from './dom'

export interface Placeholder {
  element: HTMLElement
  show(thumbhash: string): void
}

/** What a video looks like from far away, until there is a picture of it. */
export function placeholder(media: HTMLMediaElement): Placeholder {
  const element = el('canvas', { class: 'placeholder', 'aria-hidden': 'true', hidden: '' })
  on(media, 'loadeddata', () => (element.hidden = true))
  return {
    element,
    show: (thumbhash) => {
      const pixels = decodeThumbhash(thumbhash)
      const isNeeded = pixels !== null && media.readyState < HTMLMediaElement.HAVE_CURRENT_DATA
      element.hidden = !isNeeded
      if (!isNeeded) return
      Object.assign(element, { width: pixels.width, height: pixels.height })
      element.getContext('2d')?.putImageData(new ImageData(pixels.rgba, pixels.width, pixels.height), 0, 0)
    },
  }
}
