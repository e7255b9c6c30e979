import { computed, signal } from '@preact/signals'
import { getUpload } from '../api/uploads'
import { ApiError } from '../api/call'
import { messageOf } from '../videos'
import { dropHandle, keptHandle } from '../uploader/handles'
import { fingerprint, forgetUpload, rememberedUploads, type Remembered } from '../uploader/memory'
import { abandon } from '../uploader/abandon'
import { addFiles, uploads } from './upload-queue'

/** Uploads that this browser began and did not end, in this visit or another. */
const remembered = signal<readonly Remembered[]>([])

/** Those that are not in the list of uploads again. */
export const interrupted = computed(() =>
  remembered.value.filter((entry) => !uploads.value.some(({ key }) => key === fingerprint(entry))),
)

/** Reads them, and forgets those that the server no longer has. */
export async function findInterrupted(): Promise<void> {
  remembered.value = rememberedUploads()
  await Promise.all(remembered.value.map(async (entry) => {
    const isOver = await getUpload(entry.uploadId).then(({ status }) => status !== 'open', isGone)
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

/** Goes on with the file as the browser remembers it; `null` when it has to be chosen. Needs a click. */
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

export async function discard(entry: Remembered): Promise<void> {
  forget(entry)
  await abandon(entry.uploadId).catch((error: unknown) => messageOf(error))
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
