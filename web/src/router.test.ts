import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', { pathname: '/', search: '' })

test.each([
  ['/', { page: 'home' }],
  ['/sign-in', { page: 'home' }],
  ['/studio', { page: 'library' }],
  ['/studio/videos/0190', { page: 'video', id: '0190' }],
  ['/studio/videos/a%20b', { page: 'video', id: 'a b' }],
  ['/studio/images', { page: 'images' }],
  ['/studio/images/0190', { page: 'image', id: '0190' }],
  ['/studio/cache', { page: 'cache' }],
  ['/studio/cache/0190', { page: 'missing' }],
  ['/studio/movies', { page: 'movies' }],
  ['/studio/movies/0190', { page: 'movie', id: '0190' }],
  ['/studio/queues', { page: 'queues' }],
  ['/studio/queues/video-processing', { page: 'queue', name: 'video-processing' }],
  ['/studio/jobs/a%2Fb', { page: 'job', id: 'a/b' }],
  ['/studio/schedules', { page: 'schedules' }],
  ['/watch/0190', { page: 'watch', id: '0190' }],
  ['/watch', { page: 'missing' }],
  ['/watch/a/b', { page: 'missing' }],
  ['/watch/%E0', { page: 'missing' }],
  ['/studio/nothing', { page: 'missing' }],
  ['/studio/system/more', { page: 'missing' }],
  ['/studio/videos/a/b', { page: 'missing' }],
])('%s names a page', async (path, route) => {
  const { routeOf } = await import('./router')
  expect(routeOf(path)).toEqual(route)
})

test('paths lead back to their pages', async () => {
  const { imagePath, jobPath, moviePath, queuePath, routeOf, videoPath } = await import('./router')
  expect(routeOf(jobPath('a/b c'))).toEqual({ page: 'job', id: 'a/b c' })
  expect(routeOf(queuePath('q'))).toEqual({ page: 'queue', name: 'q' })
  expect(routeOf(imagePath('i'))).toEqual({ page: 'image', id: 'i' })
  expect(routeOf(moviePath('m'))).toEqual({ page: 'movie', id: 'm' })
  expect(routeOf(videoPath('v'))).toEqual({ page: 'video', id: 'v' })
})
