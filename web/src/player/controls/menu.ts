import { el, iconButton, on } from './dom'
import type { IconName } from './icons'

export interface Choice {
  /** `null` for the first one: automatic, or none. */
  id: string | null
  name: string
}

export interface ChoiceMenu {
  element: HTMLElement
  /** Shows these; what was chosen stays, if it is still there. */
  setChoices(choices: readonly Choice[]): void
  /** Marks a choice that was not made here. */
  mark(id: string | null): void
  rename(id: string | null, name: string): void
}

/** A button with a menu in which one of several is chosen. */
export function choiceMenu(icon: IconName, label: string, onChoose: (id: string | null) => void): ChoiceMenu {
  const button = iconButton('icon', icon, label)
  button.setAttribute('aria-haspopup', 'menu')
  const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': label })
  const element = el('div', { class: 'choice' }, button, menu)
  const entries = new Map<string | null, HTMLButtonElement>()
  let chosen: string | null = null

  const setOpen = (isOpen: boolean): void => {
    menu.hidden = !isOpen
    button.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) menu.querySelector<HTMLElement>('[aria-checked=true]')?.focus()
  }
  const mark = (id: string | null): void => {
    chosen = id
    for (const [other, entry] of entries) entry.setAttribute('aria-checked', String(other === id))
    button.toggleAttribute('data-on', id !== null)
  }
  const entryOf = ({ id, name }: Choice): HTMLButtonElement => {
    const entry = el('button', { type: 'button', role: 'menuitemradio' }, name)
    on(entry, 'click', () => {
      mark(id)
      onChoose(id)
      setOpen(false)
      button.focus()
    })
    return entry
  }
  on(button, 'click', () => setOpen(menu.hidden !== false))
  on(menu, 'keydown', (event) => moveInMenu(menu, event as KeyboardEvent))
  on(element, 'keydown', (event) => {
    if ((event as KeyboardEvent).key !== 'Escape' || menu.hidden) return
    setOpen(false)
    button.focus()
  })
  on(element, 'focusout', (event) => {
    if (!element.contains((event as FocusEvent).relatedTarget as Node | null)) setOpen(false)
  })
  setOpen(false)
  element.hidden = true
  return {
    element,
    mark,
    setChoices: (choices) => {
      entries.clear()
      for (const choice of choices) entries.set(choice.id, entryOf(choice))
      menu.replaceChildren(...entries.values())
      mark(entries.has(chosen) ? chosen : null)
    },
    rename: (id, name) => {
      const entry = entries.get(id)
      if (entry) entry.textContent = name
    },
  }
}

function moveInMenu(menu: HTMLElement, event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step) return
  const items = [...menu.children] as HTMLElement[]
  const focused = items.findIndex((entry) => entry.matches(':focus'))
  items[(focused + step + items.length) % items.length]?.focus()
  event.preventDefault()
  event.stopPropagation()
}
