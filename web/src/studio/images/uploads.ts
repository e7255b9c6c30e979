import { computed, signal, type Signal } from '@preact/signals'
import { ApiError } from '../../api/call'
import { completeImage, deleteImage, getImage, openImage } from '../../api/images'
import { notify } from '../../ui/notice'
import { put } from '../../uploader/put'
import { withRetries } from '../../uploader/retry'
import { messageOf } from '../../videos'

/** Browsers allow six connections to a host over HTTP/1.1. */
const AT_A_TIME = 3

export type Sending =
  | { step: 'waiting' }
  | { step: 'sending'; bytes: number }
  | { step: 'failed'; message: string; code: string }

/** A file on its way to storage. */
export interface ImageUpload {
  key: number
  file: File
  /** Shows the file before the server has it. */
  picture: string
  sending: Signal<Sending>
  /** The image that the server has opened for it. */
  id: Signal<string>
  leaving: AbortController
}

/** Files that have not arrived yet; they go on when another page is looked at. */
export const uploads = signal<readonly ImageUpload[]>([])

/** Images that a list of images need not show as well. */
export const openIds = computed<ReadonlySet<string>>(() => new Set(uploads.value.map(({ id }) => id.value)))

let keys = 0
/** Since the list was empty last. */
let arrived = 0

export function add(files: Iterable<File>): void {
  const added = [...files].map((file): ImageUpload => ({
    key: ++keys,
    file,
    picture: URL.createObjectURL(file),
    sending: signal({ step: 'waiting' }),
    id: signal(''),
    leaving: new AbortController(),
  }))
  uploads.value = [...uploads.value, ...added]
  begin()
}

export function retry(upload: ImageUpload): void {
  forget(upload)
  upload.sending.value = { step: 'waiting' }
  begin()
}

/** Stops sending, and takes back what the server has opened. */
export function dismiss(upload: ImageUpload): void {
  upload.leaving.abort(new Error('The upload was cancelled.'))
  forget(upload)
  leave(upload)
}

function begin(): void {
  const sending = uploads.value.filter(({ sending }) => sending.value.step === 'sending').length
  const waiting = uploads.value.filter(({ sending }) => sending.value.step === 'waiting')
  for (const upload of waiting.slice(0, Math.max(0, AT_A_TIME - sending))) void run(upload)
}

async function run(upload: ImageUpload): Promise<void> {
  upload.sending.value = { step: 'sending', bytes: 0 }
  try {
    await send(upload)
    arrived++
    leave(upload)
  } catch (error) {
    // Whoever has left sees nothing of it.
    const code = error instanceof ApiError ? error.code : ''
    upload.sending.value = { step: 'failed', message: messageOf(error), code }
  }
  begin()
}

async function send({ file, sending, id, leaving: { signal } }: ImageUpload): Promise<void> {
  const opened = await openImage(file, signal)
  id.value = opened.id
  let target = opened.upload
  const onProgress = (bytes: number): void => void (sending.value = { step: 'sending', bytes })
  const attempt = async (): Promise<void> => {
    if (target) await put(target.url, file, { headers: target.headers, signal, onProgress })
  }
  await withRetries(attempt, signal, async () => void (target = (await getImage(opened.id)).upload))
  await withRetries(() => completeImage(opened.id, signal), signal)
}

/** What the server has opened ends by itself; it is only sooner gone. */
function forget(upload: ImageUpload): void {
  if (upload.id.value) deleteImage(upload.id.value).catch(() => {})
  upload.id.value = ''
}

function leave(upload: ImageUpload): void {
  URL.revokeObjectURL(upload.picture)
  uploads.value = uploads.value.filter((other) => other !== upload)
  if (uploads.value.some(({ sending }) => sending.value.step !== 'failed') || arrived === 0) return
  notify(arrived === 1 ? '1 image has been uploaded' : `${arrived} images have been uploaded`)
  arrived = 0
}
