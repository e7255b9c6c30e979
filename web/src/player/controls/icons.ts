// Paths in a box of 24 by 24.
export const icons = {
  play: 'M7 4.5v15l13-7.5z',
  pause: 'M6 5h4v14H6zm8 0h4v14h-4z',
  replay: 'M12 5V1.5L6.5 6 12 10.5V7a5.5 5.5 0 1 1-5.5 5.5h-2A7.5 7.5 0 1 0 12 5z',
  volume: 'M3 9v6h4l5 4.5v-15L7 9zm11-.5v7a4 4 0 0 0 0-7zm0-4v2.1a6 6 0 0 1 0 10.8v2.1a8 8 0 0 0 0-15z',
  muted: 'M3 9v6h4l5 4.5v-15L7 9zm18.5.9-1.4-1.4-2.1 2.1-2.1-2.1-1.4 1.4 2.1 2.1-2.1 2.1 1.4 1.4 2.1-2.1 2.1 2.1 1.4-1.4-2.1-2.1z',
  captions: 'M3 5h18v14H3zm2 2v10h14V7zm1.5 5h5v1.8h-5zm6.5 0h4.5v1.8H13zm-6.5 2.7h3v1.8h-3zm4.5 0h6.5v1.8H11z',
  settings: 'M4 6h9v2H4zm13 0h3v2h-3v2h-2V4h2zM4 16h3v-2h2v6H7v-2H4zm7 0h9v2h-9z',
  pip: 'M3 5h18v14H3zm2 2v10h14V7zm6 4h7v5h-7z',
  wide: 'M2 7h20v10H2zm2 2v6h16V9z',
  narrow: 'M5 6h14v12H5zm2 2v8h10V8z',
  enter: 'M4 4h7v2H6v5H4zm9 14h5v-5h2v7h-7z',
  exit: 'M9 4h2v7H4V9h5zm4 9h7v2h-5v5h-2z',
} as const

export type IconName = keyof typeof icons
