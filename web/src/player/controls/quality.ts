import type { Rendition } from '../manifest'
import { el, iconButton, on } from './dom'

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
  const button = iconButton('icon', 'settings', 'Quality')
  button.setAttribute('aria-haspopup', 'menu')
  const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': 'Quality' })
  const element = el('div', { class: 'quality' }, button, menu)
  let chosen: string | null = null
  let auto: HTMLButtonElement | undefined

  const setOpen = (isOpen: boolean): void => {
    menu.hidden = !isOpen
    button.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) menu.querySelector<HTMLElement>('[aria-checked=true]')?.focus()
  }
  const item = (id: string | null, name: string): HTMLButtonElement => {
    const entry = el('button', { type: 'button', role: 'menuitemradio', 'aria-checked': String(id === chosen) }, name)
    on(entry, 'click', () => {
      chosen = id
      for (const other of menu.children) other.setAttribute('aria-checked', String(other === entry))
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
    setRenditions: (renditions) => {
      // A choice made before stays, if it is still there.
      if (!renditions.some(({ id }) => id === chosen)) chosen = null
      auto = item(null, 'Auto')
      menu.replaceChildren(auto, ...renditions.map((one) => item(one.id, qualityName(one))).reverse())
      element.hidden = renditions.length < 2
    },
    setPlaying: (rendition) => {
      if (auto) auto.textContent = `Auto (${qualityName(rendition)})`
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
