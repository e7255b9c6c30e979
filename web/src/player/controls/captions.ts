import type { Subtitles } from '../manifest'
import { choiceGroup, menuButton } from './menu'

export interface CaptionsMenu {
  element: HTMLElement
  setSubtitles(subtitles: readonly Subtitles[]): void
  /** Marks the name of what is shown, `null` for nothing. */
  mark(name: string | null): void
}

/** A button with a menu of languages. `onChoose` gets a name, `null` for none. */
export function captionsMenu(onChoose: (name: string | null) => void): CaptionsMenu {
  const languages = choiceGroup('Captions', onChoose)
  const { element, button } = menuButton('captions', 'Captions', languages)
  element.hidden = true
  return {
    element,
    mark: (name) => {
      languages.mark(name)
      button.toggleAttribute('data-on', name !== null)
    },
    setSubtitles: (subtitles) => {
      languages.setChoices([{ id: null, name: 'Off' }, ...subtitles.map(({ name }) => ({ id: name, name }))])
      element.hidden = subtitles.length === 0
    },
  }
}
