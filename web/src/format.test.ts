import { expect, test } from 'vitest'
import { formatAgo, formatBitrate, formatBytes, formatDuration, formatIn, formatPercent, formatTimeLeft } from './format'

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

const NOON = '2026-11-20T12:00:00.000Z'
const afterNoon = (seconds: number): number => Date.parse(NOON) + seconds * 1000

test('the past is coarser the further away it is, and never to come', () => {
  expect(formatAgo(NOON, afterNoon(0.9))).toBe('just now')
  expect(formatAgo(NOON, afterNoon(8.9))).toBe('8 s ago')
  expect(formatAgo(NOON, afterNoon(200))).toBe('3 min ago')
  expect(formatAgo(NOON, afterNoon(47.9 * 3600))).toBe('47 h ago')
  expect(formatAgo(NOON, afterNoon(5.5 * 86_400))).toBe('5 days ago')
  expect(formatAgo(NOON, afterNoon(-5))).toBe('just now')
})

test('what is due is due now', () => {
  expect(formatIn(NOON, afterNoon(-90))).toBe('in 1 min')
  expect(formatIn(NOON, afterNoon(-7200))).toBe('in 2 h')
  expect(formatIn(NOON, afterNoon(0))).toBe('now')
  expect(formatIn(NOON, afterNoon(30))).toBe('now')
})

test('durations show no more than matters', () => {
  expect(formatDuration(0.042)).toBe('0.04 s')
  expect(formatDuration(12.34)).toBe('12.3 s')
  expect(formatDuration(59.96)).toBe('1 min 0 s')
  expect(formatDuration(200)).toBe('3 min 20 s')
  expect(formatDuration(3900)).toBe('1 h 5 min')
})
