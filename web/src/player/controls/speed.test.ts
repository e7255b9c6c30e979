import { expect, test } from 'vitest'
import { stepSpeed } from './speed'

function after(playbackRate: number, step: 1 | -1): number {
  const media = { playbackRate, defaultPlaybackRate: 1 } as HTMLMediaElement
  stepSpeed(media, step)
  return media.playbackRate
}

test('a step goes to the next speed of the list', () => {
  expect([after(1, 1), after(1, -1), after(1.25, -1)]).toEqual([1.25, 0.75, 1])
})

test('a speed that is not in the list finds its neighbours, and the ends stay', () => {
  expect([after(1.1, 1), after(1.1, -1), after(2, 1), after(0.25, -1), after(3, -1)]).toEqual([1.25, 1, 2, 0.25, 2])
})
