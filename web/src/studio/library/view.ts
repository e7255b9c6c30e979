import { signal } from '@preact/signals'

export type View = 'grid' | 'list'

const KEY = 'telecine.library.view'

function remembered(): View {
  try {
    return localStorage.getItem(KEY) === 'list' ? 'list' : 'grid'
  } catch {
    return 'grid'
  }
}

/** How the library shows its videos; this browser remembers it. */
export const view = signal<View>(remembered())

export function setView(choice: View): void {
  view.value = choice
  try {
    localStorage.setItem(KEY, choice)
  } catch {
    // It is forgotten with the page.
  }
}
