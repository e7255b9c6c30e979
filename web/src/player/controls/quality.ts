import type { Rendition } from '../manifest'
import { choiceMenu } from './menu'

export interface QualityMenu {
  element: HTMLElement
  setRenditions(renditions: readonly Rendition[]): void
  setPlaying(rendition: Rendition): void
}

/** `720p`: the short side, which is what people call it in portrait as well. */
export function qualityName({ width, height, id }: Rendition): string {
  return width && height ? `${Math.min(width, height)}p` : id
}

/** A button with a menu of renditions. `onChoose` gets an id, `null` for automatic. */
export function qualityMenu(onChoose: (id: string | null) => void): QualityMenu {
  const { element, setChoices, rename } = choiceMenu('settings', 'Quality', onChoose)
  return {
    element,
    setRenditions: (renditions) => {
      const best = renditions.map((one) => ({ id: one.id, name: qualityName(one) })).reverse()
      setChoices([{ id: null, name: 'Auto' }, ...best])
      element.hidden = renditions.length < 2
    },
    setPlaying: (rendition) => rename(null, `Auto (${qualityName(rendition)})`),
  }
}
