import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StorageError } from './put'
import { retryDelayMs, verdictOn, withRetries } from './retry'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** An attempt that fails with these statuses, one after the other, and then succeeds. */
function failing(...statuses: number[]) {
  const left = [...statuses]
  return vi.fn(async () => {
    const status = left.shift()
    if (status !== undefined) throw new StorageError(status, `status ${status}`)
    return 'done'
  })
}

const never = new AbortController().signal

test('only what can pass by itself is tried again', () => {
  for (const status of [0, 408, 429, 500, 502, 503, 504]) expect(verdictOn(status)).toBe('retry')
  for (const status of [400, 401, 404, 409, 411, 412]) expect(verdictOn(status)).toBe('final')
  expect(verdictOn(403)).toBe('sign-again')
})

test('delays are 1, 2 and 4 seconds and at most a quarter more', () => {
  expect([0, 1, 2].map((retry) => retryDelayMs(retry, () => 0))).toEqual([1000, 2000, 4000])
  expect(retryDelayMs(2, () => 1)).toBe(5000)
})

test('three failures that may pass are survived', async () => {
  const attempt = failing(503, 0, 429)
  const result = withRetries(attempt, never)
  await vi.runAllTimersAsync()
  expect(await result).toBe('done')
  expect(attempt).toHaveBeenCalledTimes(4)
})

test('the fourth failure ends it', async () => {
  const result = withRetries(failing(500, 500, 500, 500), never)
  const failure = expect(result).rejects.toThrow('status 500')
  await vi.runAllTimersAsync()
  await failure
})

test('a final refusal is not tried again', async () => {
  const attempt = failing(400)
  await expect(withRetries(attempt, never)).rejects.toThrow('status 400')
  expect(attempt).toHaveBeenCalledTimes(1)
})

test('an expired address is signed again at once, without waiting', async () => {
  const signAgain = vi.fn()
  expect(await withRetries(failing(403), never, signAgain)).toBe('done')
  expect(signAgain).toHaveBeenCalledTimes(1)
})

test('a 403 where nothing can be signed again is final', async () => {
  await expect(withRetries(failing(403), never)).rejects.toThrow('status 403')
})

test('cancelling ends the wait for the next try', async () => {
  const cancellation = new AbortController()
  const result = withRetries(failing(503), cancellation.signal)
  const failure = expect(result).rejects.toThrow('cancelled')
  await vi.advanceTimersByTimeAsync(10)
  cancellation.abort(new Error('cancelled'))
  await failure
  expect(vi.getTimerCount()).toBe(0)
})
