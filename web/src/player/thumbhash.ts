// A picture in some 25 bytes (evanw.github.io/thumbhash): the first terms of a cosine transform of lightness (l), two
// colour differences (p, q) and opacity (a).

/** Pixels of the longer side. More would show no more. */
const LONGEST_SIDE = 32

interface Channel {
  /** The terms along x, and along y. */
  across: number
  down: number
  mean: number
  terms: number[]
}

export interface Pixels {
  width: number
  height: number
  rgba: Uint8ClampedArray<ArrayBuffer>
}

/** Decodes a thumbhash; `null` when it is none. */
export function decodeThumbhash(base64: string): Pixels | null {
  const bytes = bytesOf(base64)
  if (!bytes || bytes.length < 5) return null
  const byte = (index: number): number => bytes[index] ?? 0
  const head = byte(0) | (byte(1) << 8) | (byte(2) << 16)
  const more = byte(3) | (byte(4) << 8)
  const hasAlpha = head >> 23 === 1
  const isLandscape = more >> 15 === 1
  const [longer, shorter] = [hasAlpha ? 5 : 7, more & 7]

  // Terms have four bits each, the lower half of a byte first.
  let position = hasAlpha ? 12 : 10
  const channel = (mean: number, scale: number, across: number, down: number): Channel => {
    const terms: number[] = []
    for (let y = 0; y < down; y++)
      for (let x = y > 0 ? 0 : 1; x * down < across * (down - y); x++, position++)
        terms.push((((byte(position >> 1) >> ((position & 1) * 4)) & 15) / 7.5 - 1) * scale)
    return { across, down, mean, terms }
  }
  const sides = isLandscape ? ([longer, shorter] as const) : ([shorter, longer] as const)
  const signed = (value: number): number => (value & 63) / 31.5 - 1
  const l = channel((head & 63) / 63, ((head >> 18) & 31) / 31, Math.max(3, sides[0]), Math.max(3, sides[1]))
  // Colours are stored a quarter weaker than they are.
  const p = channel(signed(head >> 6), (((more >> 3) & 63) / 63) * 1.25, 3, 3)
  const q = channel(signed(head >> 12), (((more >> 9) & 63) / 63) * 1.25, 3, 3)
  const a = hasAlpha ? channel((byte(5) & 15) / 15, (byte(5) >> 4) / 15, 5, 5) : null
  return draw(sides, l, p, q, a)
}

function draw([across, down]: readonly [number, number], l: Channel, p: Channel, q: Channel, a: Channel | null): Pixels {
  const unit = LONGEST_SIDE / Math.max(across, down, 1)
  const [width, height] = [Math.max(1, Math.round(across * unit)), Math.max(1, Math.round(down * unit))]
  const rgba = new Uint8ClampedArray(width * height * 4)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4) {
      const at = (channel: Channel): number => valueAt(channel, (x + 0.5) / width, (y + 0.5) / height)
      const [lightness, yellow, red] = [at(l), at(p), at(q)]
      const b = lightness - (2 / 3) * yellow
      const r = (3 * lightness - b + red) / 2
      rgba.set([r * 255, (r - red) * 255, b * 255, a ? at(a) * 255 : 255], i)
    }
  return { width, height, rgba }
}

function valueAt({ across, down, mean, terms }: Channel, x: number, y: number): number {
  let [sum, term] = [mean, 0]
  for (let row = 0; row < down; row++)
    for (let column = row > 0 ? 0 : 1; column * down < across * (down - row); column++)
      sum += 2 * (terms[term++] ?? 0) * Math.cos(Math.PI * column * x) * Math.cos(Math.PI * row * y)
  return sum
}

function bytesOf(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}
