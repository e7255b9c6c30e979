import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '../api/call'
import type { MultipartUpload, UploadState } from '../api/types'
import { UploadApi } from '../api/uploads'
import { Gate } from './gate'
import { Memory } from './memory'
import { put, StorageError } from './put'
import { EndedElsewhereError, giveUp, sendFile } from './send-file'

vi.mock('./put', async (original) => ({ ...(await original<object>()), put: vi.fn() }))

const file = new File(['0123456789'], 'clip.mp4', { lastModified: 7 })
const KEY = 'telecine.upload:clip.mp4:10:7'
const opened: MultipartUpload = {
  id: 'u1', video_id: 'v1', mode: 'multipart', part_size: 4, part_count: 3, expires_at: '2026-01-01T00:00:00Z',
}
const openWithoutParts: UploadState = { ...opened, status: 'open', parts: [] }
const notFound = new ApiError(404, 'not_found', 'No such upload.')
const conflict = (code: string) => new ApiError(409, code, code)

const api = new UploadApi(vi.fn())

let memory: Map<string, string>
const remember = (uploadId: string) =>
  memory.set(KEY, JSON.stringify({ uploadId, name: file.name, size: file.size, lastModified: file.lastModified }))
beforeEach(() => {
  for (const name of ['open', 'read', 'signParts', 'complete', 'abort'] as const) vi.spyOn(api, name)
  memory = new Map()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => memory.get(key) ?? null,
    setItem: (key: string, value: string) => memory.set(key, value),
    removeItem: (key: string) => memory.delete(key),
  })
  vi.mocked(api.open).mockResolvedValue(opened)
  vi.mocked(api.signParts).mockImplementation(async (_, numbers) =>
    numbers.map((number) => ({ number, url: `http://storage/${number}` })),
  )
  vi.mocked(api.complete).mockResolvedValue({ video_id: 'v1' })
  vi.mocked(put).mockResolvedValue('"etag"')
})
afterEach(() => {
  vi.resetAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function send(): Promise<string> {
  const nothing = (): void => {}
  const options = { api, memory: new Memory(''), signal: new AbortController().signal, gate: new Gate(), onOpened: nothing, onProgress: nothing, onElsewhere: nothing }
  return sendFile(file, options)
}

test('every part goes up once, and the upload is completed with all of them', async () => {
  expect(await send()).toBe('v1')
  expect(put).toHaveBeenCalledTimes(3)
  const parts = [1, 2, 3].map((number) => ({ number, etag: '"etag"' }))
  expect(api.complete).toHaveBeenCalledExactlyOnceWith('u1', parts, expect.anything())
  expect(memory.get(KEY)).toContain('"isDone":true')
  // Choosing the file once more is another video.
  vi.mocked(api.open).mockClear()
  await send()
  expect(api.open).toHaveBeenCalledTimes(1)
})

test('an upload that has expired on its way begins anew, but not for ever', async () => {
  const expired = new ApiError(410, 'upload_expired', 'The upload has expired.')
  vi.mocked(put).mockRejectedValueOnce(new StorageError(403, 'expired'))
  vi.mocked(api.signParts).mockResolvedValueOnce([{ number: 1, url: 'http://storage/1' }]).mockRejectedValueOnce(expired)
  vi.mocked(api.open).mockResolvedValueOnce(opened).mockResolvedValue({ ...opened, id: 'u2' })
  expect(await send()).toBe('v1')
  expect(api.complete).toHaveBeenCalledExactlyOnceWith('u2', expect.anything(), expect.anything())
  vi.mocked(api.signParts).mockRejectedValue(expired)
  vi.mocked(api.open).mockClear()
  await expect(send()).rejects.toBe(expired)
  expect(vi.mocked(api.open).mock.calls.length).toBeLessThan(20)
})

test('an upload that was completed elsewhere while its parts were sent answers its video', async () => {
  vi.mocked(put).mockRejectedValue(new StorageError(404, 'no such upload'))
  expect(await send()).toBe('v1')
  vi.mocked(api.signParts).mockRejectedValue(conflict('upload_complete'))
  expect(await send()).toBe('v1')
  expect(api.complete).toHaveBeenCalledWith('u1', undefined, expect.anything())
})

test('an upload that is gone fails, and choosing the file again opens a new one', async () => {
  vi.mocked(api.signParts).mockRejectedValueOnce(notFound)
  vi.mocked(api.complete).mockRejectedValueOnce(notFound)
  await expect(send()).rejects.toBe(notFound)
  vi.mocked(api.read).mockRejectedValueOnce(notFound)
  expect(await send()).toBe('v1')
  expect(api.open).toHaveBeenCalledTimes(2)
})

test('an upload whose parts storage has joined already is completed without sending a byte', async () => {
  remember('u1')
  vi.mocked(api.read).mockResolvedValue(openWithoutParts)
  expect(await send()).toBe('v1')
  expect(put).not.toHaveBeenCalled()
  expect(api.open).not.toHaveBeenCalled()
})

test('an upload of which nothing has arrived yet is continued', async () => {
  remember('u1')
  vi.mocked(api.read).mockResolvedValue(openWithoutParts)
  vi.mocked(api.complete).mockRejectedValueOnce(conflict('parts_missing'))
  expect(await send()).toBe('v1')
  expect(put).toHaveBeenCalledTimes(3)
  expect(api.open).not.toHaveBeenCalled()
})

test('an upload whose parts storage has dropped is opened anew', async () => {
  remember('u0')
  vi.mocked(api.read).mockResolvedValue({ ...openWithoutParts, id: 'u0' })
  vi.mocked(api.complete).mockRejectedValueOnce(conflict('object_missing'))
  expect(await send()).toBe('v1')
  expect(api.open).toHaveBeenCalledTimes(1)
  expect(put).toHaveBeenCalledTimes(3)
})

test('an upload that has expired is opened anew', async () => {
  const expired = new ApiError(410, 'upload_expired', 'The upload has expired.')
  const answers: (() => void)[] = [
    () => vi.mocked(api.read).mockResolvedValueOnce({ ...openWithoutParts, status: 'expired' }),
    () => vi.mocked(api.read).mockRejectedValueOnce(expired),
    // Between the look at it and completing it.
    () => (vi.mocked(api.read).mockResolvedValueOnce(openWithoutParts), vi.mocked(api.complete).mockRejectedValueOnce(expired)),
  ]
  for (const [index, prepare] of answers.entries()) {
    remember('u0')
    prepare()
    expect(await send()).toBe('v1')
    expect(api.open).toHaveBeenCalledTimes(index + 1)
  }
})

test('giving up an upload is told to the server again when it could not be reached', async () => {
  vi.useFakeTimers()
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('navigator', { onLine: false })
  const abort = vi.mocked(api.abort)
  abort.mockRejectedValue(new ApiError(0, 'unreachable', 'offline'))
  remember('u1')
  const done = giveUp(api, new Memory(''), file)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(abort).toHaveBeenCalledTimes(4)
  abort.mockResolvedValue()
  page.dispatchEvent(new Event('online'))
  await done
  expect(abort).toHaveBeenCalledTimes(5)
  expect(memory.has(KEY)).toBe(false)
})

test('giving up an upload is repeated after a failure of the server', async () => {
  vi.useFakeTimers()
  vi.stubGlobal('navigator', { onLine: true })
  vi.mocked(api.abort).mockRejectedValueOnce(new ApiError(503, 'unavailable', 'busy')).mockResolvedValue()
  remember('u1')
  const done = giveUp(api, new Memory(''), file)
  await vi.advanceTimersByTimeAsync(2000)
  await done
  expect(api.abort).toHaveBeenCalledTimes(2)
})

test('a file that another tab is sending is waited for, and not sent once more when that has ended', async () => {
  remember('u1')
  let free = (): void => {}
  const released = new Promise<void>((resolve) => (free = resolve))
  const request = async (_: string, options: { ifAvailable?: boolean }, work: (lock: object | null) => unknown) => {
    if (options.ifAvailable) return work(null)
    await released
    return work({})
  }
  vi.stubGlobal('navigator', { locks: { request } })
  const onElsewhere = vi.fn()
  const nothing = (): void => {}
  const options = { api, memory: new Memory(''), signal: new AbortController().signal, gate: new Gate(), onOpened: nothing, onProgress: nothing, onElsewhere }
  const sent = sendFile(file, options)
  await vi.waitFor(() => expect(onElsewhere).toHaveBeenCalledTimes(1))
  memory.set(KEY, JSON.stringify({ ...JSON.parse(memory.get(KEY) ?? ''), isDone: true }))
  free()
  await expect(sent).rejects.toBeInstanceOf(EndedElsewhereError)
  expect(api.open).not.toHaveBeenCalled()
})

test('a file that another tab did not bring is sent here', async () => {
  const request = async (_: string, options: { ifAvailable?: boolean }, work: (lock: object | null) => unknown) =>
    work(options.ifAvailable ? null : {})
  vi.stubGlobal('navigator', { locks: { request } })
  expect(await send()).toBe('v1')
  expect(put).toHaveBeenCalledTimes(3)
})

test('an upload that an earlier release remembers goes on', async () => {
  memory.set(KEY, 'u1')
  vi.mocked(api.read).mockResolvedValue({ ...openWithoutParts, parts: [{ number: 1, etag: '"e"', size: 4 }] })
  expect(await send()).toBe('v1')
  expect(put).toHaveBeenCalledTimes(2)
})
