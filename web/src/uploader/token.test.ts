import { afterEach, expect, test, vi } from 'vitest'
import { callWithToken, keepingToken } from './token'

afterEach(() => vi.unstubAllGlobals())

/** A server that takes this token alone. */
function serverTaking(good: string): string[] {
  const seen: string[] = []
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const token = (init.headers as Record<string, string>).authorization ?? ''
    seen.push(token)
    const isGood = token === `Bearer ${good}`
    return new Response(JSON.stringify(isGood ? { ok: true } : { detail: 'the token has expired' }), { status: isGood ? 200 : 401 })
  })
  return seen
}

test('a token is kept until it is refused, and then replaced once', async () => {
  const seen = serverTaking('second')
  const given = ['first', 'second']
  const ask = vi.fn(async () => given.shift() ?? 'third')
  const call = callWithToken('https://video.example', keepingToken(ask))
  await call('GET', '/upload-limits')
  await call('GET', '/upload-limits')
  expect(seen).toEqual(['Bearer first', 'Bearer second', 'Bearer second'])
  expect(ask).toHaveBeenCalledTimes(2)
})

test('calls at the same time share a new token', async () => {
  serverTaking('second')
  const given = ['first', 'second']
  const ask = vi.fn(async () => given.shift() ?? 'third')
  const call = callWithToken('https://video.example', keepingToken(ask))
  await Promise.all([1, 2, 3].map(() => call('GET', '/upload-limits')))
  expect(ask).toHaveBeenCalledTimes(2)
})

test('what is refused with a new token as well is refused', async () => {
  serverTaking('none')
  const call = callWithToken('https://video.example', keepingToken(async () => 'some'))
  await expect(call('GET', '/upload-limits')).rejects.toMatchObject({ status: 401, message: 'The token has expired.' })
})

test('a token that could not be had is asked for again', async () => {
  serverTaking('good')
  const ask = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error('no line')).mockResolvedValue('good')
  const call = callWithToken('https://video.example', keepingToken(ask))
  await expect(call('GET', '/upload-limits')).rejects.toThrow('no line')
  await call('GET', '/upload-limits')
})
