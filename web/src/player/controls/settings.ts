import type { Rendition } from '../manifest'
import { on } from './dom'
import { choiceGroup, menuButton } from './menu'
import { SPEEDS, setSpeed } from './speed'

export interface SettingsMenu {
  element: HTMLElement
  setRenditions(renditions: readonly Rendition[]): void
  setPlaying(rendition: Rendition): void
}

/** `720p`: the short side, which is what people call it in portrait as well. */
export function qualityName({ width, height, id }: Rendition): string {
  return width && height ? `${Math.min(width, height)}p` : id
}

/** A button with a menu of renditions and speeds. `onQuality` gets an id, `null` for automatic. */
export function settingsMenu(media: HTMLMediaElement, onQuality: (id: string | null) => void): SettingsMenu {
  const qualities = choiceGroup('Quality', onQuality)
  const speeds = choiceGroup('Speed', (id) => setSpeed(media, Number(id ?? 1)))
  const idOf = (speed: number): string | null => (speed === 1 ? null : String(speed))
  speeds.setChoices(SPEEDS.map((speed) => ({ id: idOf(speed), name: speed === 1 ? 'Normal' : `${speed}×` })))
  on(media, 'ratechange', () => speeds.mark(idOf(media.playbackRate)))
  qualities.element.hidden = true
  return {
    element: menuButton('settings', 'Settings', qualities, speeds).element,
    setRenditions: (renditions) => {
      const best = renditions.map((one) => ({ id: one.id, name: qualityName(one) })).reverse()
      qualities.setChoices([{ id: null, name: 'Auto' }, ...best])
      qualities.element.hidden = renditions.length < 2
    },
    setPlaying: (rendition) => qualities.rename(null, `Auto (${qualityName(rendition)})`),
  }
}
