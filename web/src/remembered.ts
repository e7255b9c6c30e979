import { signal, type ReadonlySignal } from '@preact/signals'

/** One of a few choices; this browser remembers it. */
export interface Remembered<T extends string> {
  current: ReadonlySignal<T>
  choose: (choice: T) => void
}

/** The first choice is the one of somebody who has not chosen. */
export function remembered<T extends string>(name: string, choices: readonly [T, ...T[]]): Remembered<T> {
  const key = `telecine.${name}`
  const kept = quietly(() => localStorage.getItem(key))
  const current = signal(choices.find((choice) => choice === kept) ?? choices[0])
  const choose = (choice: T): void => {
    current.value = choice
    // Where nothing can be kept it is forgotten with the page.
    quietly(() => localStorage.setItem(key, choice))
  }
  return { current, choose }
}

function quietly<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}
