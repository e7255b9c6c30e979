import { expect, test, vi } from 'vitest'
import { throttled } from './throttle'

vi.useFakeTimers()

test('many calls are one run at once and one at the end', () => {
  const action = vi.fn()
  const call = throttled(action, 1000)
  for (let times = 0; times < 5; times++) call()
  expect(action).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(999)
  expect(action).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(action).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(5000)
  expect(action).toHaveBeenCalledTimes(2)
})

test('what was cancelled does not run, and the next call does', () => {
  const action = vi.fn()
  const call = throttled(action, 1000)
  call()
  call()
  call.cancel()
  vi.advanceTimersByTime(5000)
  expect(action).toHaveBeenCalledTimes(1)
  call()
  expect(action).toHaveBeenCalledTimes(2)
})
