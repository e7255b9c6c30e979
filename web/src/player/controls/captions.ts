import type { Subtitles } from '../manifest'
import { choiceMenu } from './menu'

export interface CaptionsMenu {
  element: HTMLElement
  setSubtitles(subtitles: readonly Subtitles[]): void
  /** Marks the name of what is shown, `null` for nothing. */
  mark(name: string | null): void
}

/** A button with a menu of languages. `onChoose` gets a name, `null` for none. */
export function captionsMenu(onChoose: (name: string | null) => void): CaptionsMenu {
  const { element, setChoices, mark } = choiceMenu('captions', 'Captions', onChoose)
  return {
    element,
    mark,
    setSubtitles: (subtitles) => {
      setChoices([{ id: null, name: 'Off' }, ...subtitles.map(({ name }) => ({ id: name, name }))])
      element.hidden = subtitles.length === 0
    },
  }
}
