import { expect, test } from 'vitest'
import { BandwidthEstimator, chooseRendition, rateToGiveUpAt, type Transfer } from './bandwidth'
import type { Rendition } from './manifest'

const ladder: Rendition[] = [500_000, 1_000_000, 2_000_000, 5_000_000].map((bandwidth, i) => ({
  id: `v${i}`, mime: 'video/mp4', codecs: 'avc1.640028', bandwidth, init: '', segments: [],
}))

const estimate = (...samples: number[]): BandwidthEstimator => {
  const estimator = new BandwidthEstimator()
  samples.forEach((sample) => estimator.add(sample))
  return estimator
}

test('nothing is known before the first measurement, and nonsense is not a measurement', () => {
  expect(estimate().bitsPerSecond()).toBeNull()
  expect(estimate(0, Number.NaN, Infinity, -1).bitsPerSecond()).toBeNull()
})

test('one burst from a cache lifts the estimate little', () => {
  expect(estimate(1e6, 1e6, 93e6).bitsPerSecond()).toBeLessThan(1.3e6)
})

test('after a burst a slow line shows within five segments', () => {
  expect(estimate(93e6, 1.7e6, 1.7e6, 1.7e6, 1.7e6, 1.7e6).bitsPerSecond()).toBeLessThan(1.8e6 / 0.8)
})

test('the estimate falls at once and rises late', () => {
  const fallen = estimate(8e6, 8e6, 8e6, 1e6).bitsPerSecond() ?? 0
  const risen = estimate(1e6, 1e6, 1e6, 8e6).bitsPerSecond() ?? 0
  expect(fallen).toBeLessThan(2e6)
  expect(risen).toBeLessThan(1.5e6)
})

test('the first segment is of the lowest rendition', () => {
  expect(chooseRendition(ladder, { bitsPerSecond: null, current: -1, isUrgent: false })).toBe(0)
  expect(chooseRendition(ladder, { bitsPerSecond: 50e6, current: -1, isUrgent: false })).toBe(0)
})

test('the highest rendition that fits with room to spare is taken', () => {
  expect(chooseRendition(ladder, { bitsPerSecond: 50e6, current: 0, isUrgent: false })).toBe(3)
  expect(chooseRendition(ladder, { bitsPerSecond: 3e6, current: 0, isUrgent: false })).toBe(2)
  expect(chooseRendition(ladder, { bitsPerSecond: 0.1e6, current: 3, isUrgent: false })).toBe(0)
})

test('between two thresholds the rendition in use stays in use', () => {
  const bitsPerSecond = 2.6e6
  expect(chooseRendition(ladder, { bitsPerSecond, current: 2, isUrgent: false })).toBe(2)
  expect(chooseRendition(ladder, { bitsPerSecond, current: 1, isUrgent: false })).toBe(1)
})

test('with an almost empty buffer half the bandwidth has to do', () => {
  expect(chooseRendition(ladder, { bitsPerSecond: 3e6, current: 2, isUrgent: true })).toBe(1)
})

/** A segment of 4 s and 1 MB, a quarter of it here after 1 s: 2 Mbit/s, and 3 s to go. */
const transfer: Transfer = { loaded: 250_000, bytes: 1_000_000, elapsedMs: 1000, duration: 4, left: 8, lowestBytes: 150_000 }

test('a segment that comes in time is waited for', () => {
  expect(rateToGiveUpAt(transfer)).toBeNull()
})

test('a segment that comes too late, or more slowly than it plays, is given up', () => {
  expect(rateToGiveUpAt({ ...transfer, left: 2 })).toBe(2_000_000)
  expect(rateToGiveUpAt({ ...transfer, loaded: 100_000 })).toBe(800_000)
  expect(rateToGiveUpAt({ ...transfer, loaded: 0, elapsedMs: 3000 })).toBe(0)
})

test('it is waited for all the same when nothing else would be here sooner, and at the very beginning', () => {
  expect(rateToGiveUpAt({ ...transfer, left: 2, lowestBytes: 500_000 })).toBeNull()
  expect(rateToGiveUpAt({ ...transfer, loaded: 900_000, left: 0.1 })).toBeNull()
  expect(rateToGiveUpAt({ ...transfer, left: 0, elapsedMs: 300 })).toBeNull()
  expect(rateToGiveUpAt({ ...transfer, left: 0, loaded: 0, elapsedMs: 1500 })).toBeNull()
})

test('a rate at which a segment was given up counts at once', () => {
  const estimator = estimate(8_000_000, 8_000_000)
  estimator.fall(600_000)
  expect(estimator.bitsPerSecond()).toBe(600_000)
})
