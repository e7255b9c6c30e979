import { el, iconButton, on } from './dom'
import type { IconName } from './icons'

export interface Choice {
  /** `null` for the first one: automatic, or none. */
  id: string | null
  name: string
}

export interface ChoiceGroup {
  element: HTMLElement
  /** Shows these; what was chosen stays, if it is still there. */
  setChoices(choices: readonly Choice[]): void
  /** Marks a choice that was not made here. */
  mark(id: string | null): void
  rename(id: string | null, name: string): void
}

/** One of several is chosen. `label` is for screen readers, and a heading where a menu has several groups. */
export function choiceGroup(label: string, onChoose: (id: string | null) => void): ChoiceGroup {
  const element = el('div', { class: 'group', role: 'group', 'aria-label': label })
  const entries = new Map<string | null, HTMLButtonElement>()
  let chosen: string | null = null

  const mark = (id: string | null): void => {
    chosen = id
    for (const [other, entry] of entries) entry.setAttribute('aria-checked', String(other === id))
  }
  const entryOf = ({ id, name }: Choice): HTMLButtonElement => {
    const entry = el('button', { type: 'button', role: 'menuitemradio' }, name)
    on(entry, 'click', () => {
      mark(id)
      onChoose(id)
    })
    return entry
  }
  return {
    element,
    mark,
    setChoices: (choices) => {
      entries.clear()
      for (const choice of choices) entries.set(choice.id, entryOf(choice))
      element.replaceChildren(el('div', { class: 'heading', 'aria-hidden': 'true' }, label), ...entries.values())
      mark(entries.has(chosen) ? chosen : null)
    },
    rename: (id, name) => {
      const entry = entries.get(id)
      if (entry) entry.textContent = name
    },
  }
}

export interface MenuButton {
  element: HTMLElement
  button: HTMLButtonElement
}

/** A button with a menu of these groups. */
export function menuButton(icon: IconName, label: string, ...groups: ChoiceGroup[]): MenuButton {
  const button = iconButton('icon', icon, label)
  button.setAttribute('aria-haspopup', 'menu')
  const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': label }, ...groups.map(({ element }) => element))
  const element = el('div', { class: 'choice' }, button, menu)

  const setOpen = (isOpen: boolean): void => {
    menu.hidden = !isOpen
    button.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) entriesOf(menu).find((entry) => entry.getAttribute('aria-checked') === 'true')?.focus()
  }
  const close = (): void => {
    setOpen(false)
    button.focus()
  }
  on(button, 'click', () => setOpen(menu.hidden !== false))
  on(menu, 'click', (event) => event.target instanceof HTMLButtonElement && close())
  on(menu, 'keydown', (event) => moveInMenu(menu, event as KeyboardEvent))
  on(element, 'keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Escape' && !menu.hidden) close()
  })
  on(element, 'focusout', (event) => {
    if (!element.contains((event as FocusEvent).relatedTarget as Node | null)) setOpen(false)
  })
  setOpen(false)
  return { element, button }
}

/** Those that can be seen: a group of one entry is hidden. */
function entriesOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('.group:not([hidden]) > button')]
}

function moveInMenu(menu: HTMLElement, event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step) return
  const entries = entriesOf(menu)
  const focused = entries.findIndex((entry) => entry.matches(':focus'))
  entries[(focused + step + entries.length) % entries.length]?.focus()
  event.preventDefault()
  event.stopPropagation()
}
