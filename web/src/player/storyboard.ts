/** Small pictures of the whole video on a few sheets. */
export interface Storyboard {
  /** Size of a picture in pixels. */
  width: number
  height: number
  columns: number
  rows: number
  /** Seconds from one picture to the next. */
  interval: number
  /** How many pictures there are. */
  tiles: number
  images: { url: string }[]
}

export interface Tile {
  url: string
  /** Where on its sheet the picture is. */
  x: number
  y: number
}

/** The picture for a time; the last one for times behind it. */
export function tileAt({ width, height, columns, rows, interval, tiles, images }: Storyboard, time: number): Tile | null {
  const tile = Math.min(Math.floor(time / interval), tiles - 1)
  const place = tile % (columns * rows)
  const sheet = images[Math.floor(tile / (columns * rows))]
  if (!sheet || !(tile >= 0)) return null
  return { url: sheet.url, x: (place % columns) * width, y: Math.floor(place / columns) * height }
}
