import { expect, test } from 'vitest'
import { parseThumbnails, thumbnailAt } from './vtt'

const BASE = 'https://media.example/videos/1/thumbs/index.vtt?signature=x'

test('cues name pictures relative to the file or anywhere', () => {
  const text = 'WEBVTT\r\n\r\n1\r\n00:00:00.000 --> 00:00:04.000\r\nthumb_000.jpg\r\n\r\n' +
    '00:04.000 --> 01:00:08.500 align:start\r\nhttps://cdn.example/b.jpg?s=1\r\n'
  expect(parseThumbnails(text, BASE)).toEqual([
    { start: 0, end: 4, url: 'https://media.example/videos/1/thumbs/thumb_000.jpg' },
    { start: 4, end: 3608.5, url: 'https://cdn.example/b.jpg?s=1' },
  ])
})

test('notes, styles, and broken cues are skipped', () => {
  const text = 'WEBVTT - made by a test\n\nNOTE nothing\n\nSTYLE\n::cue {}\n\nab:cd --> 00:04.000\nx.jpg\n\n00:04.000 --> 00:02.000\ny.jpg\n\n00:01.000 --> 00:02.000\n'
  expect(parseThumbnails(text, BASE)).toEqual([])
})

test('a time past the last cue shows the last picture', () => {
  const thumbnails = [{ start: 0, end: 4, url: 'a' }, { start: 4, end: 8, url: 'b' }]
  expect(thumbnailAt(thumbnails, 3.9)?.url).toBe('a')
  expect(thumbnailAt(thumbnails, 4)?.url).toBe('b')
  expect(thumbnailAt(thumbnails, 99)?.url).toBe('b')
  expect(thumbnailAt([], 1)).toBeUndefined()
})
