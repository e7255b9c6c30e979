import { beforeEach, expect, test, vi } from 'vitest'

const api = { openImage: vi.fn(), getImage: vi.fn(), completeImage: vi.fn(), deleteImage: vi.fn() }
const put = vi.fn()
const notify = vi.fn()
vi.mock('../../api/images', () => api)
vi.mock('../../uploader/put', () => ({ put }))
vi.mock('../../ui/notice', () => ({ notify }))
vi.mock('../../videos', () => ({ messageOf: (error: Error) => error.message }))
const { ApiError } = await import('../../api/call')
const { add, dismiss, openIds, retry, uploads } = await import('./uploads')

const file = (name: string): File => new File(['bytes'], name, { type: 'image/png' })
const steps = (): string[] => uploads.value.map(({ sending }) => sending.value.step)
/** Lets everything happen that waits for nothing else. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

beforeEach(() => {
  uploads.value.forEach(dismiss)
  vi.resetAllMocks()
  let ids = 0
  api.openImage.mockImplementation(async () => ({ id: `image-${++ids}`, upload: { url: 'http://storage/', headers: { a: 'b' } } }))
  api.completeImage.mockResolvedValue({})
  api.deleteImage.mockResolvedValue(undefined)
  put.mockResolvedValue(null)
})

test('every file is opened, sent and completed, and what has arrived leaves the list', async () => {
  add([file('a.png'), file('b.png')])
  await settled()
  expect(put.mock.calls.map(([url, , options]) => [url, options.headers])).toEqual(Array(2).fill(['http://storage/', { a: 'b' }]))
  expect(api.completeImage.mock.calls.map(([id]) => id)).toEqual(['image-1', 'image-2'])
  expect(uploads.value).toEqual([])
  expect(notify.mock.calls).toEqual([['2 images have been uploaded']])
})

test('three go at a time, and the others wait for them', async () => {
  let finish: ((etag: null) => void) | undefined
  put.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve))).mockImplementation(() => new Promise(() => {}))
  add(['1', '2', '3', '4', '5'].map(file))
  await settled()
  expect(steps()).toEqual(['sending', 'sending', 'sending', 'waiting', 'waiting'])
  expect([...openIds.value].filter(Boolean)).toHaveLength(3)
  finish?.(null)
  await settled()
  expect(steps()).toEqual(['sending', 'sending', 'sending', 'waiting'])
})

test('a refusal is told with its code, and tried again on demand', async () => {
  api.openImage.mockRejectedValueOnce(new ApiError(415, 'media_type_not_allowed', 'No such type.'))
  add([file('notes.txt')])
  await settled()
  const [upload] = uploads.value
  expect(upload?.sending.value).toEqual({ step: 'failed', message: 'No such type.', code: 'media_type_not_allowed' })
  expect(notify).not.toHaveBeenCalled()
  if (upload) retry(upload)
  await settled()
  expect(uploads.value).toEqual([])
  expect(notify.mock.calls).toEqual([['1 image has been uploaded']])
})

test('what is cancelled is taken back from the server', async () => {
  put.mockImplementation((_url, _file, { signal }: { signal: AbortSignal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))))
  add([file('a.png')])
  await settled()
  const [upload] = uploads.value
  if (upload) dismiss(upload)
  await settled()
  expect(api.deleteImage.mock.calls).toEqual([['image-1']])
  expect(api.completeImage).not.toHaveBeenCalled()
  expect(uploads.value).toEqual([])
})

test('an address that has expired is renewed', async () => {
  const expired = Object.assign(new Error('Storage refused the upload (403).'), { status: 403 })
  put.mockRejectedValueOnce(expired)
  api.getImage.mockResolvedValue({ upload: { url: 'http://storage/fresh', headers: {} } })
  add([file('a.png')])
  await settled()
  expect(put.mock.calls.map(([url]) => url)).toEqual(['http://storage/', 'http://storage/fresh'])
  expect(uploads.value).toEqual([])
})
