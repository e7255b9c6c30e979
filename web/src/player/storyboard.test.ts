import { expect, test } from 'vitest'
import { tileAt, type Storyboard } from './storyboard'

/** 14 pictures of 160 × 90, 4 s each, six to a sheet. */
const storyboard: Storyboard = {
  width: 160, height: 90, columns: 3, rows: 2, interval: 4, tiles: 14,
  images: [{ url: 'a' }, { url: 'b' }, { url: 'c' }],
}

test('a time has its place on its sheet', () => {
  expect(tileAt(storyboard, 0)).toEqual({ url: 'a', x: 0, y: 0 })
  expect(tileAt(storyboard, 19.9)).toEqual({ url: 'a', x: 160, y: 90 })
  expect(tileAt(storyboard, 24)).toEqual({ url: 'b', x: 0, y: 0 })
})

test('the last picture stands for all that follows, and there may be none', () => {
  expect(tileAt(storyboard, 999)).toEqual({ url: 'c', x: 160, y: 0 })
  expect(tileAt({ ...storyboard, images: [] }, 0)).toBeNull()
  expect(tileAt({ ...storyboard, tiles: 0 }, 3)).toBeNull()
  expect(tileAt(storyboard, NaN)).toBeNull()
})
