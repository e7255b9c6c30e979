import { el, on } from './dom'

export interface ErrorCard {
  element: HTMLElement
  show(message: string): void
  hide(): void
}

export function errorCard(onRetry: () => void): ErrorCard {
  const message = el('p')
  const retry = el('button', { type: 'button', class: 'retry' }, 'Try again')
  const element = el('div', { class: 'error', role: 'alert', hidden: '' }, message, retry)
  on(retry, 'click', onRetry)
  return {
    element,
    show: (text) => {
      message.textContent = text
      element.hidden = false
    },
    hide: () => {
      element.hidden = true
    },
  }
}
