import { signal } from '@preact/signals'

const TICK_MS = 1000

let timer = 0

/** The time in milliseconds since 1970, every second while something that is looked at shows it. */
export const now = signal(Date.now(), {
  watched() {
    document.addEventListener('visibilitychange', follow)
    follow()
  },
  unwatched() {
    document.removeEventListener('visibilitychange', follow)
    clearInterval(timer)
  },
})

function tick(): void {
  now.value = Date.now()
}

function follow(): void {
  clearInterval(timer)
  if (document.hidden) return
  timer = window.setInterval(tick, TICK_MS)
  // Not before whoever begins to watch has been drawn.
  queueMicrotask(tick)
}
