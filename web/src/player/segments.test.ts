import { expect, test } from 'vitest'
import type { Segment } from './manifest'
import { bufferedEnd, gapTarget, segmentAt, segmentToFetch } from './segments'

/** Five segments of 4 s. */
const segments: Segment[] = Array.from({ length: 5 }, (_, i) => ({ url: `${i}`, start: i * 4, duration: 4, bytes: 1 }))

const playhead = { time: 0, buffered: [], fetchedTo: 0, ahead: 3 }

test('a segment of a single picture is fetched like any other', () => {
  const tail = { url: 'tail', start: 20, duration: 0.04, bytes: 1 }
  expect(segmentToFetch([{ ...tail, start: 0 }], playhead)).toBe(0)
  expect(segmentToFetch([...segments, tail], { ...playhead, time: 19, buffered: [[0, 20]], fetchedTo: 20 })).toBe(5)
  expect(segmentToFetch([...segments, tail], { ...playhead, time: 19, buffered: [[0, 20.04]], fetchedTo: 20.04 })).toBe('end')
})

test('a time belongs to the segment that still has more than a rounding error to play', () => {
  expect(segmentAt(segments, 0)).toBe(0)
  expect(segmentAt(segments, 3.8)).toBe(0)
  expect(segmentAt(segments, 3.95)).toBe(1)
  expect(segmentAt(segments, 19.95)).toBe(5)
})

test('a buffered stretch may begin a frame late', () => {
  expect(bufferedEnd([[0.04, 4]], 0)).toBe(4)
  expect(bufferedEnd([[0.4, 4]], 0)).toBe(0)
  expect(bufferedEnd([[0, 4], [8, 12]], 9)).toBe(12)
})

test('segments follow one another up to three beyond the one that plays', () => {
  expect(segmentToFetch(segments, playhead)).toBe(0)
  expect(segmentToFetch(segments, { ...playhead, buffered: [[0, 3.98]], fetchedTo: 4 })).toBe(1)
  expect(segmentToFetch(segments, { ...playhead, buffered: [[0, 16]], fetchedTo: 16 })).toBeNull()
  expect(segmentToFetch(segments, { ...playhead, time: 4.5, buffered: [[0, 16]], fetchedTo: 16 })).toBe(4)
  expect(segmentToFetch(segments, { ...playhead, time: 4.5, buffered: [[0, 20]], fetchedTo: 20 })).toBe('end')
})

test('after a seek what is buffered elsewhere is used, and holes are filled', () => {
  const buffered = [[0, 4], [8, 12]] as const
  expect(segmentToFetch(segments, { ...playhead, time: 1, buffered })).toBe(1)
  expect(segmentToFetch(segments, { ...playhead, time: 9, buffered })).toBe(3)
  expect(segmentToFetch(segments, { ...playhead, time: 5, buffered })).toBe(1)
})

test('a segment that is shorter than promised is not fetched again and again', () => {
  expect(segmentToFetch(segments, { ...playhead, buffered: [[0, 3.2]], fetchedTo: 4 })).toBe(1)
})

test('small holes are jumped over, large ones are not', () => {
  expect(gapTarget([[0, 4], [4.3, 8]], 3.98)).toBeCloseTo(4.31)
  expect(gapTarget([[0.067, 4]], 0)).toBeCloseTo(0.077)
  expect(gapTarget([[0, 4], [5, 8]], 3.98)).toBeNull()
  expect(gapTarget([[0, 4], [4.3, 8]], 2)).toBeNull()
})
