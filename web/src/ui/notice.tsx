import { signal } from '@preact/signals'
import type { JSX } from 'preact'

const VISIBLE_MS = 6000

const notice = signal('')
let timer = 0

/** Says something at the foot of the page, to screen readers too. */
export function notify(text: string): void {
  notice.value = text
  clearTimeout(timer)
  timer = window.setTimeout(() => (notice.value = ''), VISIBLE_MS)
}

export function Notice(): JSX.Element {
  return (
    <div class="notice" role="status">
      {notice.value && <p>{notice.value}</p>}
    </div>
  )
}
