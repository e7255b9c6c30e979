import { expect, test } from 'vitest'
import { frameDuration, mergeRenditions, resolveManifest, type Rendition } from './manifest'

const rendition = (id: string, bandwidth: number): Rendition => ({
  id, mime: 'video/mp4', codecs: 'avc1.640028', bandwidth, init: `${id}/init.mp4`,
  segments: [{ url: `${id}/seg_000.m4s`, start: 0, duration: 4, bytes: 10 }],
})

const manifest = { version: 1, duration: 4, video: [rendition('v720', 2e6), rendition('v360', 5e5)], audio: [] }

test('addresses become absolute and renditions ascend', () => {
  const { video } = resolveManifest(manifest, 'https://media.example/videos/1/manifest.json?signature=x')
  expect(video.map(({ id }) => id)).toEqual(['v360', 'v720'])
  expect(video[0]?.init).toBe('https://media.example/videos/1/v360/init.mp4')
  expect(video[0]?.segments[0]?.url).toBe('https://media.example/videos/1/v360/seg_000.m4s')
})

test('words lie beside the generation, and earlier manifests have none', () => {
  const words = { url: '../captions/en-1.vtt', language: 'en', name: 'English', kind: 'captions' as const, default: false, forced: false }
  const { subtitles } = resolveManifest({ ...manifest, subtitles: [words] }, 'https://cdn.example/videos/1/g2/manifest.r3.json')
  expect(subtitles?.[0]?.url).toBe('https://cdn.example/videos/1/captions/en-1.vtt')
  expect(resolveManifest(manifest, 'https://cdn.example/').subtitles).toEqual([])
})

test('a manifest of another version is refused', () => {
  expect(() => resolveManifest({ ...manifest, version: 2 }, 'https://media.example/')).toThrow('version 2')
})

test('what was being fetched stays the same object when a video grows', () => {
  const grown = (id: string, segments: number, more: object = {}): Rendition => ({
    id, mime: 'video/mp4', codecs: 'avc1.640028', bandwidth: 1, init: '',
    segments: Array.from({ length: segments }, (_, i) => ({ url: `${i}`, start: i * 4, duration: 4, bytes: 1 })), ...more,
  })
  const old = [grown('source', 9), grown('360p', 1, { complete: false })]
  const merged = mergeRenditions(old, [grown('360p', 3), grown('720p', 1, { complete: false })])
  expect(merged.map(({ id, segments, complete }) => [id, segments.length, complete])).toEqual([['360p', 3, true], ['720p', 1, false]])
  expect(merged[0]).toBe(old[1])
})

test('pictures of a storyboard and the poster have addresses of their own', () => {
  const storyboard = { width: 160, height: 90, columns: 2, rows: 2, interval: 4, tiles: 1, images: [{ url: 'storyboard_000.jpg' }] }
  const resolved = resolveManifest({ ...manifest, storyboard, poster: { url: 'poster.jpg' } }, 'https://cdn.example/v/g1/manifest.json')
  expect(resolved.storyboard?.images[0]?.url).toBe('https://cdn.example/v/g1/storyboard_000.jpg')
  expect(resolved.poster?.url).toBe('https://cdn.example/v/g1/poster.jpg')
  expect('storyboard' in resolveManifest(manifest, 'https://cdn.example/')).toBe(false)
})

test('a picture is shown for as long as its rate says', () => {
  expect(frameDuration({ ...rendition('v', 1), frameRate: '30000/1001' })).toBeCloseTo(0.033_367, 6)
  expect(frameDuration({ ...rendition('v', 1), frameRate: '25' })).toBe(0.04)
  for (const frameRate of ['0/1', '25/0', 'x', '']) expect(frameDuration({ ...rendition('v', 1), frameRate })).toBeNull()
})
