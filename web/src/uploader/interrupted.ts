import { computed, effect, signal } from '@preact/signals'
import { ApiError } from '../api/call'
import { abandon } from './abandon'
import { dropHandle, keptHandle } from './handles'
import { underWay } from './lock'
import { fingerprint, forgetUpload, rememberedUploads, type Remembered } from './memory'
import type { UploadQueue } from './queue'

/** Uploads that this browser began and did not end, in this visit or another. */
export class Interrupted {
  private readonly remembered = signal<readonly Remembered[]>([])
  /** What some tab sends at present. */
  private readonly running = signal<ReadonlySet<string>>(new Set())

  /** Those that nobody goes on with. */
  readonly entries = computed(() =>
    this.remembered.value.filter((entry) => {
      const key = fingerprint(entry)
      const isListed = this.queue.uploads.value.some((upload) => upload.key === key)
      return !entry.isDone && !this.running.value.has(key) && !isListed
    }),
  )

  constructor(private readonly queue: UploadQueue) {}

  /** Reads them, and forgets those that have ended and those that the server no longer has. Follows the list until the answer is called. */
  watch(): () => void {
    void this.find()
    return effect(() => {
      // Uploads come and go with the list.
      if (this.queue.uploads.value) void this.look()
    })
  }

  private async look(): Promise<void> {
    this.running.value = await underWay()
    this.remembered.value = rememberedUploads()
  }

  private async find(): Promise<void> {
    await this.look()
    const { api } = this.queue.surroundings
    await Promise.all(this.remembered.value.map(async (entry) => {
      if (this.running.value.has(fingerprint(entry))) return
      const isOver = entry.isDone || (await api.read(entry.uploadId).then(({ status }) => status !== 'open', isGone))
      if (isOver) this.forget(entry)
    }))
  }

  /** Goes on with the file, if it is the right one; otherwise answers why it is not. */
  async goOnWith(entry: Remembered, file: File): Promise<string | null> {
    if (fingerprint(file) !== fingerprint(entry)) return difference(entry, file)
    await this.queue.add([file])
    return null
  }

  /** Gives the upload up, unless a tab has gone on with it meanwhile. */
  async discard(entry: Remembered): Promise<void> {
    await this.look()
    if (this.running.value.has(fingerprint(entry))) return
    this.forget(entry)
    await abandon(this.queue.surroundings.api, entry.uploadId)
  }

  private forget(entry: Remembered): void {
    forgetUpload(entry)
    void dropHandle(fingerprint(entry))
    this.remembered.value = this.remembered.value.filter((other) => other !== entry)
  }
}

const isGone = (error: unknown): boolean => error instanceof ApiError && (error.status === 404 || error.status === 410)

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

function difference(entry: Remembered, file: File): string {
  if (file.name !== entry.name) return `That is ${file.name}. This upload was of ${entry.name}.`
  if (file.size !== entry.size) return `That file has ${file.size} bytes, the one that was being uploaded ${entry.size}.`
  return 'That file has been changed since the upload began. Discard the upload, and begin anew.'
}
