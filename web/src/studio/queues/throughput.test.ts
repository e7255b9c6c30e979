import { expect, test } from 'vitest'
import type { Queue } from '../../api/queue-types'
import { BUCKETS, BUCKET_MS, beginning, counted, points, series } from './throughput'

const queue = (completed: number, failed: number): Queue =>
  ({ name: 'q', waiting: 0, active: 0, delayed: 0, waiting_children: 0, completed, failed, paused: false })

const START_MS = 1000 * BUCKET_MS
const at = (bucket: number): number => START_MS + bucket * BUCKET_MS

test('what ends is counted where it ended', () => {
  let throughput = beginning(at(0))
  throughput = counted(throughput, queue(10, 1), queue(12, 2), at(0))
  throughput = counted(throughput, queue(12, 2), queue(13, 2), at(0.5))
  throughput = counted(throughput, queue(13, 2), queue(13, 3), at(3))
  expect(series(throughput, at(4))).toEqual([4, 0, 0, 1, 0])
})

test('clearing and trying again end nothing', () => {
  const throughput = counted(beginning(at(0)), queue(100, 5), queue(0, 4), at(1))
  expect(series(throughput, at(1))).toEqual([0, 0])
})

test('the old is forgotten', () => {
  const throughput = counted(beginning(at(0)), queue(0, 0), queue(1, 0), at(0))
  expect(series(throughput, at(BUCKETS - 1))).toEqual([1, ...Array(BUCKETS - 1).fill(0)])
  expect(series(throughput, at(BUCKETS))).toEqual(Array(BUCKETS).fill(0))
  expect(counted(throughput, queue(1, 0), queue(2, 0), at(BUCKETS)).ended.size).toBe(1)
})

test('the line ends at the right edge and fills the height', () => {
  expect(points([0, 4, 2], 29, 20)).toBe('27.0,20.0 28.0,0.0 29.0,10.0')
  expect(points([0], 29, 20)).toBe('29.0,20.0')
})
