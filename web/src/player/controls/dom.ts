import { icons, type IconName } from './icons'

/** Makes an element; attributes that are `undefined` are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | undefined> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value)
  element.append(...children)
  return element
}

const SVG = 'http://www.w3.org/2000/svg'

function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', icons[name])
  svg.append(path)
  return svg
}

export function iconButton(className: string, name: IconName, label: string): HTMLButtonElement {
  const button = el('button', { type: 'button', class: className })
  setIcon(button, name, label)
  return button
}

/** The label is for screen readers and, as a tooltip, for everyone else. */
export function setIcon(button: HTMLButtonElement, name: IconName, label: string): void {
  if (button.title === label) return
  button.replaceChildren(icon(name))
  button.title = label
  button.setAttribute('aria-label', label)
}

export function on(target: EventTarget, types: string, listener: (event: Event) => void): void {
  for (const type of types.split(' ')) target.addEventListener(type, listener)
}
