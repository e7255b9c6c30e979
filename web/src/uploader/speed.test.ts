import { expect, test } from 'vitest'
import { SpeedMeter } from './speed'

test('speed needs a second of samples', () => {
  const meter = new SpeedMeter()
  meter.add(0, 0)
  meter.add(500, 1000)
  expect(meter.bytesPerSecond()).toBeNull()
  meter.add(2000, 4000)
  expect(meter.bytesPerSecond()).toBe(2000)
})

test('only the last seconds count', () => {
  const meter = new SpeedMeter()
  for (let second = 0; second <= 20; second++) meter.add(second * 1000, Math.min(second, 10) * 1000)
  expect(meter.bytesPerSecond()).toBe(0)
})

test('a part that starts again does not make the speed negative', () => {
  const meter = new SpeedMeter()
  meter.add(0, 0)
  meter.add(2000, 10_000)
  meter.add(2100, 3000)
  expect(meter.bytesPerSecond()).toBeNull()
  meter.add(4100, 5000)
  expect(meter.bytesPerSecond()).toBe(1000)
})
