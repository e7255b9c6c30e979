import { expect, test, vi } from 'vitest'
import { Gate } from './gate'

const never = new AbortController().signal

/** An attempt that goes on until it is told to end, or is broken off. */
function endless() {
  const ends: ((value: string) => void)[] = []
  const attempt = vi.fn(
    (signal: AbortSignal) =>
      new Promise<string>((resolve, reject) => {
        ends.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  )
  return { attempt, end: (value: string) => ends.at(-1)?.(value) }
}

test('what is broken off by a pause begins again when it goes on', async () => {
  const gate = new Gate()
  const { attempt, end } = endless()
  const result = gate.run(attempt, never)
  await vi.waitFor(() => expect(attempt).toHaveBeenCalledTimes(1))
  gate.close('paused')
  gate.close('offline')
  gate.open('offline')
  await Promise.resolve()
  expect(attempt).toHaveBeenCalledTimes(1)
  gate.open('paused')
  await vi.waitFor(() => expect(attempt).toHaveBeenCalledTimes(2))
  end('done')
  expect(await result).toBe('done')
})

test('whoever is told hears of a pause before the line', () => {
  const heard: unknown[] = []
  const gate = new Gate((closure) => heard.push(closure))
  gate.close('offline')
  gate.close('paused')
  gate.open('paused')
  gate.open('paused')
  gate.open('offline')
  expect(heard).toEqual(['offline', 'paused', 'offline', null])
})

test('a failure of its own passes through an open gate', async () => {
  await expect(new Gate().run(() => Promise.reject(new Error('broken')), never)).rejects.toThrow('broken')
})

test('cancelling ends the wait at a closed gate', async () => {
  const gate = new Gate()
  gate.close('offline')
  const cancellation = new AbortController()
  const result = gate.run(() => Promise.resolve('sent'), cancellation.signal)
  cancellation.abort(new Error('cancelled'))
  await expect(result).rejects.toThrow('cancelled')
})
