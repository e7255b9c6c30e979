import { computed, effect, signal } from '@preact/signals'
import { ApiError } from '../api/call'
import { abandon } from './abandon'
import { dropHandle, keptHandle } from './handles'
import { underWay } from './lock'
import type { Remembered } from './memory'
import type { UploadQueue } from './queue'

/** Uploads that this browser began and did not end, in this visit or another. */
export class Interrupted {
  private readonly remembered = signal<readonly Remembered[]>([])
  /** What some tab sends at present. */
  private readonly running = signal<ReadonlySet<string>>(new Set())

  /** Those that nobody goes on with. */
  readonly entries = computed(() =>
    this.remembered.value.filter((entry) => {
      const key = this.keyOf(entry)
      const isListed = this.queue.uploads.value.some((upload) => upload.key === key)
      return !entry.isDone && !this.running.value.has(key) && !isListed
    }),
  )

  constructor(private readonly queue: UploadQueue) {}

  keyOf(entry: Remembered): string {
    return this.queue.memory.fingerprint(entry)
  }

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
    this.remembered.value = this.queue.memory.all()
  }

  private async find(): Promise<void> {
    await this.look()
    await Promise.all(this.remembered.value.map(async (entry) => {
      if (!this.running.value.has(this.keyOf(entry)) && (await this.isOver(entry))) this.forget(entry)
    }))
  }

  private async isOver(entry: Remembered): Promise<boolean> {
    if (entry.isDone) return true
    const { api, onFound } = this.queue.surroundings
    try {
      const { id, video_id, status } = await api.read(entry.uploadId)
      // It has arrived, and nobody was told: the page was closed at that moment.
      if (status === 'stored') onFound?.(entry, { uploadId: id, videoId: video_id })
      return status !== 'open'
    } catch (error) {
      return error instanceof ApiError && (error.status === 404 || error.status === 410)
    }
  }

  /** Goes on with the file, if it is the right one; otherwise answers why it is not. */
  async goOnWith(entry: Remembered, file: File): Promise<string | null> {
    if (this.queue.memory.fingerprint(file) !== this.keyOf(entry)) return difference(entry, file)
    await this.queue.add([file])
    return null
  }

  /** The file as the browser remembers it; `null` when it has to be chosen. Needs a click. */
  async file(entry: Remembered): Promise<File | null> {
    const handle = await keptHandle(this.keyOf(entry))
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
  async discard(entry: Remembered): Promise<void> {
    await this.look()
    if (this.running.value.has(this.keyOf(entry))) return
    this.forget(entry)
    await abandon(this.queue.surroundings.api, entry.uploadId)
  }

  private forget(entry: Remembered): void {
    this.queue.memory.forget(entry)
    void dropHandle(this.keyOf(entry))
    this.remembered.value = this.remembered.value.filter((other) => this.keyOf(other) !== this.keyOf(entry))
  }
}

function difference(entry: Remembered, file: File): string {
  if (file.name !== entry.name) return `That is ${file.name}. This upload was of ${entry.name}.`
  if (file.size !== entry.size) return `That file has ${file.size} bytes, the one that was being uploaded ${entry.size}.`
  return 'That file has been changed since the upload began. Discard the upload, and begin anew.'
}
