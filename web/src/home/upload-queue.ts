import { computed, effect, signal, untracked, type Signal } from '@preact/signals'
import { ApiError } from '../api/call'
import { signedIn } from '../api/request'
import { loadVideo, messageOf, shelve, videos } from '../videos'
import { notify } from '../ui/notice'
import { fingerprint } from '../uploader/memory'
import { withRetries } from '../uploader/retry'
import { giveUp, sendFile } from '../uploader/send-file'
import { SpeedMeter } from '../uploader/speed'

/** Files on their way at the same time; each has three lanes of its own. */
const MAX_SENDING = 2

export type Sending =
  | { step: 'waiting' }
  | { step: 'sending'; sentBytes: number; bytesPerSecond: number | null }
  | { step: 'failed'; message: string }
  /** The bytes have arrived: from here the video tells. */
  | { step: 'sent' }

/** One file in the list of uploads. */
export interface Upload {
  key: string
  file: File
  sending: Signal<Sending>
  videoId: Signal<string | null>
  cancellation: AbortController
}

export const uploads = signal<readonly Upload[]>([])

const isActive = ({ sending }: Upload): boolean => sending.value.step === 'waiting' || sending.value.step === 'sending'

/** Adds files to the list; one that is already under way is not added twice. */
export function addFiles(files: Iterable<File>): void {
  for (const file of files) {
    const key = fingerprint(file)
    const known = uploads.value.find((upload) => upload.key === key)
    if (known && isActive(known)) continue
    const upload: Upload = {
      key,
      file,
      sending: signal<Sending>({ step: 'waiting' }),
      videoId: signal<string | null>(null),
      cancellation: new AbortController(),
    }
    uploads.value = [upload, ...uploads.value.filter((other) => other !== known)]
  }
  startNext()
}

export function retry(upload: Upload): void {
  upload.sending.value = { step: 'waiting' }
  startNext()
}

/** Stops the upload if it runs, and takes it out of the list. */
export function dismiss(upload: Upload): void {
  upload.cancellation.abort()
  // A running upload gives itself up when it is cancelled; one that has stopped on its way is given up here.
  const { step } = upload.sending.value
  if (step === 'failed' || step === 'waiting') void giveUp(upload.file)
  uploads.value = uploads.value.filter((other) => other !== upload)
}

function startNext(): void {
  if (!signedIn.value) return
  const sending = uploads.value.filter((upload) => upload.sending.value.step === 'sending').length
  // The list is newest first; files leave in the order they were chosen.
  const waiting = uploads.value.filter((upload) => upload.sending.value.step === 'waiting').reverse()
  for (const upload of waiting.slice(0, Math.max(0, MAX_SENDING - sending))) void send(upload)
}

async function send(upload: Upload): Promise<void> {
  const { file, sending, videoId, cancellation } = upload
  const meter = new SpeedMeter()
  const onProgress = (sentBytes: number): void => {
    meter.add(performance.now(), sentBytes)
    sending.value = { step: 'sending', sentBytes, bytesPerSecond: meter.bytesPerSecond() }
  }
  sending.value = { step: 'sending', sentBytes: 0, bytesPerSecond: null }
  try {
    const onOpened = (id: string): void => void (videoId.value = id)
    const id = await sendFile(file, { signal: cancellation.signal, onOpened, onProgress })
    // The file is safe: whatever happens to this question, it must not be sent again.
    await withRetries(() => loadVideo(id), cancellation.signal).catch(() =>
      notify(`${file.name} has arrived. Reload the page to see it.`),
    )
    sending.value = { step: 'sent' }
    shelve(id)
  } catch (error) {
    // Without a session nothing can be sent: it goes on after signing in.
    const isSignedOut = error instanceof ApiError && error.status === 401
    sending.value = isSignedOut ? { step: 'waiting' } : { step: 'failed', message: messageOf(error) }
  } finally {
    startNext()
  }
}

effect(() => {
  if (signedIn.value) untracked(startNext)
})

// A video that is deleted in the library leaves the list as well.
effect(() => {
  const isGone = ({ sending, videoId }: Upload): boolean =>
    sending.value.step === 'sent' && !videos.value.has(videoId.value ?? '')
  if (uploads.value.some(isGone)) uploads.value = uploads.value.filter((upload) => !isGone(upload))
})

const someActive = computed(() => uploads.value.some(isActive))

// Leaving the page stops the transfer; it can be continued, but nobody should have to.
effect(() => {
  if (!someActive.value) return
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
  addEventListener('beforeunload', ask)
  return () => removeEventListener('beforeunload', ask)
})
