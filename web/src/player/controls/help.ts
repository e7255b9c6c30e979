import { el, on } from './dom'

const KEYS: readonly (readonly [keys: string, action: string])[] = [
  ['Space, k', 'Play or pause'],
  ['← →', '5 seconds back or on'],
  ['j l', '10 seconds back or on'],
  [', .', 'One picture back or on, while paused'],
  ['0 … 9', 'To this tenth of the video'],
  ['↑ ↓', 'Volume'],
  ['m', 'Mute'],
  ['c', 'Captions'],
  ['< >', 'Slower or faster'],
  ['f', 'Full screen'],
  ['t', 'Theatre width'],
  ['?', 'This list'],
]

export interface Help {
  element: HTMLElement
  toggle(): void
}

/** A card with the keys the player knows. */
export function helpCard(): Help {
  const close = el('button', { type: 'button', class: 'text-button' }, 'Close')
  const rows = KEYS.flatMap(([keys, action]) => [el('dt', {}, keys), el('dd', {}, action)])
  const element = el(
    'div',
    { class: 'card help', role: 'dialog', 'aria-label': 'Keys', hidden: '' },
    el('dl', {}, ...rows),
    close,
  )
  let before: Element | null = null
  const setShown = (isShown: boolean): void => {
    element.hidden = !isShown
    const root = element.getRootNode() as ShadowRoot
    if (isShown) {
      before = root.activeElement
      close.focus()
    } else if (before instanceof HTMLElement) before.focus()
  }
  on(close, 'click', () => setShown(false))
  on(element, 'keydown', (event) => {
    if ((event as KeyboardEvent).key !== 'Escape') return
    setShown(false)
    event.stopPropagation()
  })
  return { element, toggle: () => setShown(element.hidden !== false) }
}
