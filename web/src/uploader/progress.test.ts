import { expect, test } from 'vitest'
import { cells, Progress, type Sent } from './progress'

test('bytes add up, and a part that begins again steps back', () => {
  let now = 0
  const reports: Sent[] = []
  const progress = new Progress([10, 10, 5], (sent) => reports.push(sent), () => now)
  progress.set(0, 4)
  progress.set(1, 5)
  expect(reports).toEqual([{ bytes: 4, parts: [0.4, 0, 0] }])
  now = 100
  progress.set(0, 0)
  expect(reports.at(-1)).toEqual({ bytes: 5, parts: [0, 0.5, 0] })
  progress.set(2, 5)
  expect(reports.at(-1)).toEqual({ bytes: 10, parts: [0, 0.5, 1] })
})

test('many parts share a cell', () => {
  expect(cells([1, 0.5, 0], 10)).toEqual([1, 0.5, 0])
  expect(cells([1, 1, 1, 0.5, 0], 3)).toEqual([1, 0.75, 0])
  expect(cells(Array.from({ length: 10_000 }, () => 1), 40)).toHaveLength(40)
  expect(cells([], 4)).toEqual([])
})
