import { iconButton, on, setIcon } from './dom'

/** Offered where the page gives the player the attribute `theatre`; the page makes the room, on the event `theatre`. */
export function toggleTheatre(host: HTMLElement): void {
  if (!host.hasAttribute('theatre')) return
  host.setAttribute('theatre', isWide(host) ? 'off' : 'on')
  host.dispatchEvent(new CustomEvent('theatre', { detail: isWide(host) }))
}

function isWide(host: HTMLElement): boolean {
  return host.getAttribute('theatre') === 'on'
}

export interface TheatreButton {
  element: HTMLButtonElement
  /** Looks at the attribute again. */
  update(): void
}

export function theatreButton(host: HTMLElement): TheatreButton {
  const element = iconButton('icon theatre', 'wide', 'Theatre width')
  const update = (): void => {
    element.hidden = !host.hasAttribute('theatre')
    setIcon(element, isWide(host) ? 'narrow' : 'wide', isWide(host) ? 'Normal width' : 'Theatre width')
  }
  on(element, 'click', () => toggleTheatre(host))
  element.hidden = true
  return { element, update }
}
