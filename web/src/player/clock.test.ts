import { expect, test } from 'vitest'
import { clock } from './clock'

test('times read as people write them', () => {
  expect(clock(0)).toBe('0:00')
  expect(clock(67.9)).toBe('1:07')
  expect(clock(3723)).toBe('1:02:03')
  expect(clock(39.999999)).toBe('0:40')
})

test('what is no time yet is zero', () => {
  expect(clock(Number.NaN)).toBe('0:00')
  expect(clock(Infinity)).toBe('0:00')
  expect(clock(-3)).toBe('0:00')
})
