import type { PlaybackError } from '../fetch'
import { el, on } from './dom'

export interface ErrorCard {
  element: HTMLElement
  show(error: PlaybackError): void
  hide(): void
}

export function errorCard(onRetry: () => void): ErrorCard {
  const message = el('p')
  const code = el('code')
  const retry = el('button', { type: 'button', class: 'text-button' }, 'Try again')
  const element = el('div', { class: 'card error', role: 'alert', hidden: '' }, message, retry, code)
  on(retry, 'click', onRetry)
  return {
    element,
    show: (error) => {
      message.textContent = error.message
      code.textContent = error.code
      element.hidden = false
    },
    hide: () => {
      element.hidden = true
    },
  }
}
