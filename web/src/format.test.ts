import { expect, test } from 'vitest'
import { formatBitrate, formatBytes, formatPercent, formatTimeLeft } from './format'

test('bytes have three digits and a decimal unit', () => {
  expect(formatBytes(0)).toBe('0 B')
  expect(formatBytes(999)).toBe('999 B')
  expect(formatBytes(12_345)).toBe('12.3 kB')
  expect(formatBytes(131_072_000)).toBe('131 MB')
  expect(formatBytes(999_600)).toBe('1.0 MB')
  expect(formatBytes(5e15)).toBe('5000 TB')
})

test('time left is coarse when it is far away', () => {
  expect(formatTimeLeft(0.2)).toBe('1 s left')
  expect(formatTimeLeft(59)).toBe('59 s left')
  expect(formatTimeLeft(61)).toBe('2 min left')
  expect(formatTimeLeft(7800)).toBe('2 h 10 min left')
})

test('bitrates', () => {
  expect(formatBitrate(560_000)).toBe('560 kbit/s')
  expect(formatBitrate(5_200_000)).toBe('5.2 Mbit/s')
})

test('nothing is 100 % before it is done', () => {
  expect(formatPercent(0.999)).toBe('99 %')
  expect(formatPercent(1)).toBe('100 %')
  expect(formatPercent(-1)).toBe('0 %')
})
