import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fetchPatiently, isWorthRetrying } from './fetch'

const { signal } = new AbortController()

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Answers with these statuses in turn, 0 standing for a broken connection; the last one repeats. */
function stubAnswers(...statuses: number[]) {
  const fetched = vi.fn(async (_url: string) => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0]
    if (!status) throw new TypeError('connection lost')
    return new Response('bytes', { status })
  })
  vi.stubGlobal('fetch', fetched)
  return fetched
}

test('what can pass is tried three times more', async () => {
  const fetched = stubAnswers(500, 0, 429, 200)
  const result = fetchPatiently('a', { signal })
  await vi.advanceTimersByTimeAsync(9000)
  expect((await result).bytes.byteLength).toBe(5)
  expect(fetched).toHaveBeenCalledTimes(4)
})

test('what stays broken ends with a sentence', async () => {
  stubAnswers(0)
  const failure = expect(fetchPatiently('a', { signal })).rejects.toMatchObject({ code: 'network' })
  await vi.advanceTimersByTimeAsync(9000)
  await failure
})

/** Brings these chunks 5 s apart, and then nothing more until it is aborted, unless `isWhole`. */
function slowAnswer(chunks: string[], isWhole: boolean, signal: AbortSignal): Response {
  const left = [...chunks]
  const body = new ReadableStream({
    start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
    async pull(controller) {
      const chunk = left.shift()
      if (chunk === undefined) return isWhole ? controller.close() : new Promise(() => {})
      await new Promise((resolve) => setTimeout(resolve, 5000))
      controller.enqueue(new TextEncoder().encode(chunk))
    },
  })
  return new Response(body)
}

test('a connection that stands still is given up and another one tried', async () => {
  const fetched = vi.fn(async (_url: string, { signal: abort }: { signal: AbortSignal }) =>
    slowAnswer(['by', 'tes'], fetched.mock.calls.length > 1, abort),
  )
  vi.stubGlobal('fetch', fetched)
  const result = fetchPatiently('a', { signal })
  await vi.advanceTimersByTimeAsync(17_900)
  expect(fetched).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(new TextDecoder().decode((await result).bytes)).toBe('bytes')
  expect(fetched).toHaveBeenCalledTimes(2)
})

test('a server that never answers is given up as well', async () => {
  const fetched = vi.fn((_url: string, { signal: abort }: { signal: AbortSignal }) =>
    new Promise((_, reject) => abort.addEventListener('abort', () => reject(abort.reason))),
  )
  vi.stubGlobal('fetch', fetched)
  const failure = expect(fetchPatiently('a', { signal })).rejects.toMatchObject({ code: 'network' })
  await vi.advanceTimersByTimeAsync(4 * 8000 + 9000)
  await failure
  expect(fetched).toHaveBeenCalledTimes(4)
})

test('a missing file is not asked for again', async () => {
  const fetched = stubAnswers(404)
  const renew = async () => 'new'
  await expect(fetchPatiently('a', { signal, renew })).rejects.toMatchObject({ code: 'network' })
  expect(fetched).toHaveBeenCalledTimes(1)
  expect(isWorthRetrying(410)).toBe(false)
})

test('an expired address is renewed at once', async () => {
  const fetched = stubAnswers(403, 200)
  await fetchPatiently('old', { signal, renew: async () => 'new' })
  expect(fetched.mock.calls.map(([url]) => url)).toEqual(['old', 'new'])
})

test('without a way to renew it, an expired address says so', async () => {
  for (const status of [401, 403, 404, 410]) {
    stubAnswers(status)
    await expect(fetchPatiently('a', { signal })).rejects.toMatchObject({ code: 'expired' })
  }
})
