import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', { pathname: '/', search: '' })
const { EVERYTHING, filterOf, pathOf } = await import('./filter')

test('what was looked for stays in the address', () => {
  const filter = { text: 'sea & sun', status: 'failed', sort: 'title' } as const
  expect(filterOf(new URL(pathOf(filter), 'http://x').search)).toEqual(filter)
  expect(pathOf(EVERYTHING)).toBe('/studio')
})

test('nonsense in the address asks for everything', () => {
  expect(filterOf('?status=gone&sort=&x=1')).toEqual(EVERYTHING)
  expect(filterOf(`?text=${'x'.repeat(500)}`).text).toHaveLength(200)
})
