import { beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '../api/call'
import { signedIn } from '../api/request'
import { sendFile, giveUp } from '../uploader/send-file'
import { addFiles, dismiss, retry, uploads } from './upload-queue'

vi.mock('../uploader/send-file', async (original) => ({ ...(await original<object>()), sendFile: vi.fn(), giveUp: vi.fn() }))
vi.mock('../api/uploads', () => ({ getUploadLimits: async () => ({ max_size: 1000, content_types: ['video/*', 'application/octet-stream'] }) }))
vi.mock('../videos', async () => {
  const { signal } = await import('@preact/signals')
  return { videos: signal(new Map([['v1', {}]])), loadVideo: vi.fn(), shelve: vi.fn(), messageOf: String }
})
vi.hoisted(() => {
  vi.stubGlobal('addEventListener', () => {})
  vi.stubGlobal('removeEventListener', () => {})
})

const file = new File(['0123456789'], 'clip.mp4', { lastModified: 7 })
const unauthorized = new ApiError(401, 'unauthorized', 'Sign in.')
const step = (): string | undefined => uploads.value[0]?.sending.value.step

beforeEach(() => {
  vi.resetAllMocks()
  uploads.value = []
  signedIn.value = true
})

test('an upload that finds its session ended waits, and goes on after signing in', async () => {
  vi.mocked(sendFile).mockImplementationOnce(async () => {
    signedIn.value = false
    throw unauthorized
  })
  vi.mocked(sendFile).mockImplementationOnce(async (_, { onOpened }) => {
    onOpened('v1')
    return 'v1'
  })
  await addFiles([file])
  await vi.waitFor(() => expect(step()).toBe('waiting'))
  expect(sendFile).toHaveBeenCalledTimes(1)
  signedIn.value = true
  await vi.waitFor(() => expect(step()).toBe('sent'))
  expect(sendFile).toHaveBeenCalledTimes(2)
})

test('a failed upload can be tried again, and is given up when it is removed from the list', async () => {
  vi.mocked(sendFile).mockRejectedValue(new Error('broken'))
  await addFiles([file])
  await vi.waitFor(() => expect(step()).toBe('failed'))
  const [upload] = uploads.value
  if (!upload) throw new Error('it is in the list')
  retry(upload)
  await vi.waitFor(() => expect(step()).toBe('failed'))
  expect(sendFile).toHaveBeenCalledTimes(2)
  dismiss(upload)
  await vi.waitFor(() => expect(giveUp).toHaveBeenCalledExactlyOnceWith(file))
  expect(uploads.value).toEqual([])
})

test('a file that the server does not take is refused before anything is sent', async () => {
  await addFiles([new File(['x'], 'a.pdf', { type: 'application/pdf' }), new File([], 'empty.mp4')])
  expect(uploads.value.map(({ sending }) => sending.value.step)).toEqual(['refused', 'refused'])
  expect(sendFile).not.toHaveBeenCalled()
})
