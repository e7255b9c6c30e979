import { expect, test } from 'vitest'
import { wishOf, wishPath } from './wish'

const STATUSES = ['ready', 'failed']

test('what was looked for stays in the address', () => {
  const wish = { text: 'sea & sun', status: 'failed' }
  expect(wishOf(new URL(wishPath('/studio/images', wish), 'http://x').search, STATUSES)).toEqual(wish)
  expect(wishPath('/studio/images', { text: '', status: '' })).toBe('/studio/images')
})

test('nonsense in the address asks for everything', () => {
  expect(wishOf('?status=gone&x=1', STATUSES)).toEqual({ text: '', status: '' })
  expect(wishOf('?status=ready')).toEqual({ text: '', status: '' })
  expect(wishOf(`?text=${'x'.repeat(500)}`).text).toHaveLength(200)
})
