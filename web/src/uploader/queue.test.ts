import { signal } from '@preact/signals'
import { beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '../api/call'
import { UploadApi } from '../api/uploads'
import { UploadQueue } from './queue'
import { isReachable } from './reach'
import { giveUp, LeftError, sendFile, type SendOptions } from './send-file'

vi.mock('./send-file', async (original) => ({ ...(await original<object>()), sendFile: vi.fn(), giveUp: vi.fn() }))
vi.mock('./reach', () => ({ isReachable: vi.fn() }))
vi.hoisted(() => {
  vi.stubGlobal('addEventListener', () => {})
  vi.stubGlobal('removeEventListener', () => {})
})

const file = new File(['0123456789'], 'clip.mp4', { lastModified: 7 })
const unauthorized = new ApiError(401, 'unauthorized', 'Sign in.')
const unreachable = new ApiError(0, 'unreachable', 'The server could not be reached.')
const limits = { max_size: 1000, content_types: ['video/*', 'application/octet-stream'] }
const api = new UploadApi(async () => limits as never)
const maySend = signal(true)

let queue: UploadQueue
const step = (): string | undefined => queue.uploads.value[0]?.sending.value.step
const arrives = async (_: File, { onOpened }: SendOptions): Promise<string> => {
  onOpened({ uploadId: 'u1', videoId: 'v1' })
  return 'v1'
}

beforeEach(() => {
  vi.resetAllMocks()
  vi.useRealTimers()
  maySend.value = true
  vi.mocked(isReachable).mockResolvedValue(true)
  queue = new UploadQueue({ api, origin: '', maySend, follow: () => {}, notify: () => {} })
})

test('an upload that finds its session ended waits, and goes on after signing in', async () => {
  vi.mocked(sendFile).mockImplementationOnce(async () => {
    maySend.value = false
    throw unauthorized
  })
  vi.mocked(sendFile).mockImplementationOnce(arrives)
  await queue.add([file])
  await vi.waitFor(() => expect(step()).toBe('waiting'))
  expect(sendFile).toHaveBeenCalledTimes(1)
  maySend.value = true
  await vi.waitFor(() => expect(step()).toBe('sent'))
  expect(sendFile).toHaveBeenCalledTimes(2)
})

test('a failed upload can be tried again, and is given up when it is removed from the list', async () => {
  vi.mocked(sendFile).mockRejectedValue(new Error('broken'))
  await queue.add([file])
  await vi.waitFor(() => expect(step()).toBe('failed'))
  const [upload] = queue.uploads.value
  if (!upload) throw new Error('it is in the list')
  queue.retry(upload)
  await vi.waitFor(() => expect(step()).toBe('failed'))
  expect(sendFile).toHaveBeenCalledTimes(2)
  queue.dismiss(upload)
  await vi.waitFor(() => expect(giveUp).toHaveBeenCalledExactlyOnceWith(api, queue.memory, file))
  expect(queue.uploads.value).toEqual([])
})

test('a file that the server does not take is refused before anything is sent', async () => {
  await queue.add([new File(['x'], 'a.pdf', { type: 'application/pdf' }), new File([], 'empty.mp4')])
  expect(queue.uploads.value.map(({ sending }) => sending.value.step)).toEqual(['refused', 'refused'])
  expect(sendFile).not.toHaveBeenCalled()
})

test('an upload that the server has dropped goes on by itself when the server is back', async () => {
  vi.useFakeTimers()
  vi.stubGlobal('window', globalThis)
  vi.mocked(sendFile).mockRejectedValueOnce(unreachable)
  vi.mocked(sendFile).mockImplementationOnce(async (file, options) => {
    await options.gate.run(async () => {}, options.signal)
    return arrives(file, options)
  })
  vi.mocked(isReachable).mockResolvedValueOnce(false)
  await queue.add([file])
  await vi.waitFor(() => expect(queue.uploads.value[0]?.sending.value).toMatchObject({ step: 'sending', closure: 'offline' }))
  await vi.advanceTimersByTimeAsync(5000)
  await vi.waitFor(() => expect(step()).toBe('sent'))
})

test('an upload that is cancelled while the server is looked for is given up', async () => {
  let answer: (isThere: boolean) => void = () => {}
  vi.mocked(isReachable).mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
  vi.mocked(sendFile).mockRejectedValueOnce(unreachable)
  await queue.add([file])
  await vi.waitFor(() => expect(isReachable).toHaveBeenCalledTimes(1))
  const [upload] = queue.uploads.value
  if (!upload) throw new Error('it is in the list')
  queue.dismiss(upload)
  expect(giveUp).not.toHaveBeenCalled()
  answer(true)
  await vi.waitFor(() => expect(giveUp).toHaveBeenCalledExactlyOnceWith(api, queue.memory, file))
})

test('a failure beside a server that answers is left to whoever uploads', async () => {
  vi.mocked(sendFile).mockRejectedValue(unreachable)
  await queue.add([file])
  await vi.waitFor(() => expect(step()).toBe('failed'))
  expect(isReachable).toHaveBeenCalledTimes(1)
  expect(sendFile).toHaveBeenCalledTimes(1)
})

test('a list that is left stops what runs and gives nothing up', async () => {
  let reason: unknown
  vi.mocked(sendFile).mockImplementationOnce((_, { signal }) => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject((reason = signal.reason)))
  }))
  await queue.add([file])
  queue.leave()
  await vi.waitFor(() => expect(reason).toBeInstanceOf(LeftError))
  expect(giveUp).not.toHaveBeenCalled()
  expect(queue.uploads.value).toEqual([])
})
