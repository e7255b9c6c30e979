import { expect, test } from 'vitest'
import { decodeThumbhash } from './thumbhash'

function samples(thumbhash: string): unknown {
  const pixels = decodeThumbhash(thumbhash)
  if (!pixels) return null
  const { width, height, rgba } = pixels
  const at = (x: number, y: number): number[] => [...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)]
  return { size: [width, height], corners: [at(0, 0), at(width - 1, height - 1)], middle: at(width >> 1, height >> 1) }
}

/** Numbers of the Rust crate that makes the hashes; the last bit may round the other way. */
function expectNear(found: unknown, wanted: unknown): void {
  const numbers = (value: unknown): number[] => JSON.stringify(value).match(/\d+/g)!.map(Number)
  expect(numbers(found)).toHaveLength(numbers(wanted).length)
  numbers(found).forEach((value, i) => expect(Math.abs(value - (numbers(wanted)[i] ?? NaN))).toBeLessThanOrEqual(1))
}

test('an opaque picture and one that is not are decoded as the server has meant them', () => {
  expectNear(samples('1QcSHQRnh493V4dIh4eXh1h4kJUI'), {
    size: [23, 32], corners: [[64, 77, 113, 255], [0, 4, 39, 255]], middle: [140, 109, 88, 255],
  })
  expectNear(samples('HZyCCwY3d4CIt3d3gIj4d1dnh4iAiac='), {
    size: [19, 32], corners: [[212, 104, 35, 24], [186, 144, 20, 24]], middle: [199, 124, 28, 255],
  })
})

test('what is no thumbhash is no picture', () => {
  for (const text of ['', 'AAAA', '%%%', 'not base64!']) expect(samples(text)).toBeNull()
})
