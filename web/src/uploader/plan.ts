import type { StoredPart } from '../api/types'

export interface Part {
  /** From 1, as S3 counts. */
  number: number
  start: number
  end: number
}

/** Cuts a file of `size` bytes into parts of `partSize` bytes, the last one shorter. */
export function planParts(size: number, partSize: number): Part[] {
  if (!(partSize > 0)) throw new RangeError('part size must be above 0')
  const parts: Part[] = []
  for (let start = 0; start < size; start += partSize)
    parts.push({ number: parts.length + 1, start, end: Math.min(start + partSize, size) })
  return parts
}

/** The stored parts that can be kept: a part of another length is not the one planned and is sent again. */
export function keptParts(plan: readonly Part[], stored: readonly StoredPart[]): StoredPart[] {
  return stored.filter(({ number, size }) => {
    const part = plan[number - 1]
    return part !== undefined && part.end - part.start === size
  })
}
