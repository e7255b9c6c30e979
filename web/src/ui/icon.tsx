import type { JSX } from 'preact'

// Strokes in a box of 24 by 24.
const PATHS = {
  upload: 'M12 16V4m-5 5 5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
  film: 'M4 5h16v14H4zM8 5v14m8-14v14M4 9h4m-4 6h4m8-6h4m-4 6h4',
  cross: 'm6 6 12 12M18 6 6 18',
  retry: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  trash: 'M4 7h16M9 7V4h6v3m-9 0 1 13h10l1-13m-8 4v5m4-5v5',
  back: 'm14 6-6 6 6 6',
  pencil: 'M4 20h4L19 9l-4-4L4 16zm9-13 4 4',
  alert: 'M12 4 2.8 20h18.4zM12 10v4m0 2.5v.5',
  grid: 'M4 4h7v7H4zm9 0h7v7h-7zm-9 9h7v7H4zm9 0h7v7h-7z',
  list: 'M4 6h16M4 12h16M4 18h16',
  pause: 'M8 5v14m8-14v14',
  play: 'm7 5 12 7-12 7z',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1m2 4a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  check: 'm5 12.5 4.5 4.5L19 7.5',
} as const

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
