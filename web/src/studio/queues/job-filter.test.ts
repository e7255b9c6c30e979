import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', { pathname: '/', search: '' })
const { ALL_JOBS, jobFilterOf, jobsPath } = await import('./job-filter')

test('what was looked for stays in the address', () => {
  const filter = { state: 'waiting-children', text: 'sea & sun', offset: 40 } as const
  const path = jobsPath('a/b', filter)
  expect(path).toBe('/studio/queues/a%2Fb?state=waiting-children&text=sea+%26+sun&offset=40')
  expect(jobFilterOf(new URL(path, 'http://x').search)).toEqual(filter)
  expect(jobsPath('a', ALL_JOBS)).toBe('/studio/queues/a')
})

test('nonsense in the address asks for everything', () => {
  expect(jobFilterOf('?state=gone&offset=-20&x=1')).toEqual(ALL_JOBS)
  expect(jobFilterOf('?offset=1.5')).toEqual(ALL_JOBS)
  expect(jobFilterOf('?offset=many')).toEqual(ALL_JOBS)
  expect(jobFilterOf(`?text=${'x'.repeat(500)}`).text).toHaveLength(200)
})
