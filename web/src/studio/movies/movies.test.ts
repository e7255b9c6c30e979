import { expect, test } from 'vitest'
import type { Episode } from '../../api/movies'
import { shareOf, wordsFor } from './counts'
import { episodesIn, plainRefusal } from './episodes-in'
import { withNews } from './news'

test('a movie says how far its episodes are', () => {
  expect(wordsFor({ total: 0, stored: 0, failed: 0 })).toBe('no episodes yet')
  expect(wordsFor({ total: 40, stored: 12, failed: 0 })).toBe('12 of 40 stored')
  expect(wordsFor({ total: 40, stored: 12, failed: 2 })).toBe('12 of 40 stored, 2 failed')
  expect(shareOf({ total: 40, stored: 10, failed: 2 })).toBe(0.25)
  expect(shareOf({ total: 0, stored: 0, failed: 0 })).toBe(0)
})

test('episodes are a list of JSON', () => {
  expect(episodesIn('[{"episodeNumber":1}]')).toEqual([{ episodeNumber: 1 }])
  expect(() => episodesIn('{"episodes":[]}')).toThrow('no list')
  expect(() => episodesIn('[{')).toThrow('not JSON')
})

test('a refusal begins with the field', () => {
  const refusal = 'Failed to deserialize the JSON body into the target type: [0].episodeNumber: invalid type.'
  expect(plainRefusal(refusal)).toBe('[0].episodeNumber: invalid type.')
  expect(plainRefusal('[0].title is empty.')).toBe('[0].title is empty.')
})

test('news of one episode change that one alone', () => {
  const episode = (id: string): Episode =>
    ({ id, number: 1, title: id, status: 'importing', thumbnail: null, thumbhash: null, preview: null, video_id: null, failure: null })
  const movie = { id: 'm', title: 'm', episodes: { total: 2, stored: 0, failed: 0 }, created_at: '', items: [episode('a'), episode('b')] }
  const failure = { code: 'remote_refused', message: 'No.' }
  const { items } = withNews(movie, { id: 'b', status: 'failed', failure })
  expect(items).toEqual([episode('a'), { ...episode('b'), status: 'failed', failure }])
  expect(withNews(movie, { id: 'b', status: 'deleted' })).toBe(movie)
})
