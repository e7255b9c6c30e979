import { expect, test, vi } from 'vitest'

test('addresses name pages', async () => {
  vi.stubGlobal('location', { pathname: '/' })
  const { routeOf, watchPath } = await import('./router')
  expect(routeOf('/')).toEqual({ page: 'home' })
  expect(routeOf('/sign-in')).toEqual({ page: 'home' })
  expect(routeOf('/watch/0190')).toEqual({ page: 'watch', id: '0190' })
  expect(routeOf('/watch')).toEqual({ page: 'missing' })
  expect(routeOf('/watch/a/b')).toEqual({ page: 'missing' })
  expect(routeOf('/watch/%E0')).toEqual({ page: 'missing' })
  expect(routeOf('/watch/a%20b')).toEqual({ page: 'watch', id: 'a b' })
  expect(watchPath('0190')).toBe('/watch/0190')
})
