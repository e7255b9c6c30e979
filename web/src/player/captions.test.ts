import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Captions, preferred } from './captions'
import type { Subtitles } from './manifest'

const words = (name: string, more: Partial<Subtitles> = {}): Subtitles => ({
  name, url: `https://media.example/${name}.vtt`, language: 'en', kind: 'subtitles', default: false, forced: false, ...more,
})

/** As much of an element as a track needs. */
class FakeTrack {
  track = { mode: 'disabled' }
  src = ''
  label = ''
  constructor(private readonly parent: FakeTrack[]) {}
  remove(): void {
    this.parent.splice(this.parent.indexOf(this), 1)
  }
}

const tracks: FakeTrack[] = []
const media = { append: (track: FakeTrack) => tracks.push(track) } as unknown as HTMLMediaElement

beforeEach(() => {
  tracks.length = 0
  vi.stubGlobal('document', { createElement: () => new FakeTrack(tracks) })
  vi.stubGlobal('URL', { createObjectURL: () => 'blob:words', revokeObjectURL: vi.fn() })
})
afterEach(() => vi.unstubAllGlobals())

/** Captions, and the names that were shown one after the other. */
function made(load: (name: string) => Promise<string> = async () => 'WEBVTT'): { captions: Captions; shown: (string | null)[] } {
  const shown: (string | null)[] = []
  return { captions: new Captions(media, { load, onShown: (name) => shown.push(name) }), shown }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

test('nothing is shown by itself but the default and what everybody needs', () => {
  expect(preferred([])).toBeNull()
  expect(preferred([words('English'), words('Deutsch')])).toBeNull()
  expect(preferred([words('Signs', { forced: true }), words('Deutsch', { default: true })])).toBe('Deutsch')
  expect(preferred([words('English'), words('Signs', { forced: true })])).toBe('Signs')
})

test('the default is shown as a track, and another choice takes its place', async () => {
  const { captions, shown } = made()
  captions.setSubtitles([words('English', { default: true }), words('Deutsch')])
  await settled()
  expect(tracks.map(({ label, track }) => [label, track.mode])).toEqual([['English', 'showing']])
  captions.choose('Deutsch')
  await settled()
  expect(tracks.map(({ label }) => label)).toEqual(['Deutsch'])
  captions.choose(null)
  expect(tracks).toEqual([])
  expect(shown).toEqual(['English', 'Deutsch', null])
})

test('what the viewer has chosen stays when there are others, and goes when it goes', async () => {
  const { captions, shown } = made()
  captions.setSubtitles([words('English', { default: true }), words('Deutsch')])
  captions.choose(null)
  captions.setSubtitles([words('English', { default: true }), words('Deutsch')])
  await settled()
  expect(tracks).toEqual([])
  captions.choose('Deutsch')
  captions.setSubtitles([words('English', { default: true })])
  await settled()
  expect([shown.at(-1), tracks.length]).toEqual([null, 0])
})

test('words that come too late are not shown any more, and those that never come are off', async () => {
  let answer: (text: string) => void = () => {}
  const late = made((name) => (name === 'English' ? new Promise((resolve) => (answer = resolve)) : Promise.resolve('WEBVTT')))
  late.captions.setSubtitles([words('English'), words('Deutsch')])
  late.captions.choose('English')
  late.captions.choose('Deutsch')
  answer('WEBVTT')
  await settled()
  expect(tracks.map(({ label }) => label)).toEqual(['Deutsch'])
  late.captions.clear()
  expect(tracks).toEqual([])
  const broken = made(() => Promise.reject(new Error('gone')))
  broken.captions.setSubtitles([words('English', { default: true })])
  await settled()
  expect([broken.shown, tracks]).toEqual([['English', null], []])
})
