import { computed, effect, signal } from '@preact/signals'
import { ApiError } from '../api/call'
import { getUpload } from '../api/uploads'
import { abandon } from '../uploader/abandon'
import { dropHandle, keptHandle } from '../uploader/handles'
import { underWay } from '../uploader/lock'
import { fingerprint, forgetUpload, rememberedUploads, type Remembered } from '../uploader/memory'
import { addFiles, uploads } from './upload-queue'

/** Uploads that this browser began and did not end, in this visit or another. */
const remembered = signal<readonly Remembered[]>([])
/** What some tab sends at present. */
const running = signal<ReadonlySet<string>>(new Set())

/** Those that nobody goes on with. */
export const interrupted = computed(() =>
  remembered.value.filter((entry) => {
    const key = fingerprint(entry)
    return !entry.isDone && !running.value.has(key) && !uploads.value.some((upload) => upload.key === key)
  }),
)

async function look(): Promise<void> {
  running.value = await underWay()
  remembered.value = rememberedUploads()
}

// Uploads come and go with the list.
effect(() => {
  if (uploads.value) void look()
})

/** Reads them, and forgets those that have ended and those that the server no longer has. */
export async function findInterrupted(): Promise<void> {
  await look()
  await Promise.all(remembered.value.map(async (entry) => {
    if (running.value.has(fingerprint(entry))) return
    const isOver = entry.isDone || (await getUpload(entry.uploadId).then(({ status }) => status !== 'open', isGone))
    if (isOver) forget(entry)
  }))
}

const isGone = (error: unknown): boolean => error instanceof ApiError && (error.status === 404 || error.status === 410)

/** Goes on with the file, if it is the right one; otherwise answers why it is not. */
export async function goOnWith(entry: Remembered, file: File): Promise<string | null> {
  if (fingerprint(file) !== fingerprint(entry)) return difference(entry, file)
  await addFiles([file])
  return null
}

/** The file as the browser remembers it; `null` when it has to be chosen. Needs a click. */
export async function rememberedFile(entry: Remembered): Promise<File | null> {
  const handle = await keptHandle(fingerprint(entry))
  if (!handle) return null
  try {
    if ((await handle.requestPermission?.({ mode: 'read' })) === 'denied') return null
    return await handle.getFile()
  } catch {
    // Moved, or deleted.
    return null
  }
}

/** Gives the upload up, unless a tab has gone on with it meanwhile. */
export async function discard(entry: Remembered): Promise<void> {
  await look()
  if (running.value.has(fingerprint(entry))) return
  forget(entry)
  await abandon(entry.uploadId)
}

function forget(entry: Remembered): void {
  forgetUpload(entry)
  void dropHandle(fingerprint(entry))
  remembered.value = remembered.value.filter((other) => other !== entry)
}

function difference(entry: Remembered, file: File): string {
  if (file.name !== entry.name) return `That is ${file.name}. This upload was of ${entry.name}.`
  if (file.size !== entry.size) return `That file has ${file.size} bytes, the one that was being uploaded ${entry.size}.`
  return 'That file has been changed since the upload began. Discard the upload, and begin anew.'
}
