import { expect, test } from 'vitest'
import { keptParts, planParts } from './plan'

const MIB = 1024 * 1024

test('parts cover the file without gap or overlap, and only the last is shorter', () => {
  const parts = planParts(125_000_123, 10 * MIB)
  expect(parts).toHaveLength(12)
  expect(parts[0]).toEqual({ number: 1, start: 0, end: 10 * MIB })
  expect(parts.at(-1)).toEqual({ number: 12, start: 110 * MIB, end: 125_000_123 })
  for (const [i, part] of parts.entries()) expect(part.start).toBe(parts[i - 1]?.end ?? 0)
})

test('a file that is a multiple of the part size has no empty last part', () => {
  expect(planParts(20, 10).map(({ end }) => end)).toEqual([10, 20])
})

test('a part size of nothing is refused instead of looping for ever', () => {
  expect(() => planParts(1, 0)).toThrow(RangeError)
  expect(() => planParts(1, Number.NaN)).toThrow(RangeError)
})

test('stored parts are kept only with the planned length', () => {
  const plan = planParts(25, 10)
  const stored = [
    { number: 1, etag: '"a"', size: 10 },
    { number: 2, etag: '"b"', size: 9 },
    { number: 3, etag: '"c"', size: 5 },
    { number: 4, etag: '"d"', size: 10 },
  ]
  expect(keptParts(plan, stored).map(({ number }) => number)).toEqual([1, 3])
})
