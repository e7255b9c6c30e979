import { expect, test } from 'vitest'
import { moments } from './moments'

test('few pictures are all there, of many some that are evenly apart', () => {
  expect(moments(3, 4, 24)).toEqual([{ index: 0, second: 0 }, { index: 1, second: 4 }, { index: 2, second: 8 }])
  expect(moments(0, 4, 24)).toEqual([])
  const ofFilm = moments(1800, 4, 24)
  expect(ofFilm).toHaveLength(24)
  expect(ofFilm[1]).toEqual({ index: 75, second: 300 })
  expect(ofFilm.at(-1)?.index).toBeLessThan(1800)
  expect(new Set(moments(25, 4, 24).map(({ index }) => index)).size).toBe(24)
})
