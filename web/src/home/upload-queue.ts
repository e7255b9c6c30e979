import { computed, effect, signal, untracked, type Signal } from '@preact/signals'
import { ApiError } from '../api/call'
import { signedIn } from '../api/request'
import { getUploadLimits } from '../api/uploads'
import type { UploadLimits } from '../api/types'
import { notify } from '../ui/notice'
import { refusal } from '../uploader/check'
import { Gate, type Closure } from '../uploader/gate'
import { dropHandle, keepHandle } from '../uploader/handles'
import { underWay } from '../uploader/lock'
import { fingerprint } from '../uploader/memory'
import type { Sent } from '../uploader/progress'
import { StorageError } from '../uploader/put'
import { withRetries } from '../uploader/retry'
import { EndedElsewhereError, giveUp, sendFile } from '../uploader/send-file'
import { SpeedMeter } from '../uploader/speed'
import { loadVideo, messageOf, shelve, videos } from '../videos'

/** Files on their way at the same time; each has three lanes of its own. */
const MAX_SENDING = 2

export type Sending =
  | { step: 'waiting' }
  /** Another tab sends this file. */
  | { step: 'elsewhere' }
  | { step: 'sending'; sent: Sent; bytesPerSecond: number | null; closure: Closure | null }
  /** `isLine`: the line was the cause, so that it goes on by itself when that is back. */
  | { step: 'failed'; message: string; isLine: boolean }
  /** Would not be accepted. */
  | { step: 'refused'; message: string }
  /** The bytes have arrived: from here the video tells. */
  | { step: 'sent' }

/** One file in the list of uploads. */
export interface Upload {
  key: string
  file: File
  sending: Signal<Sending>
  videoId: Signal<string | null>
  cancellation: AbortController
  gate: Gate
}

export const uploads = signal<readonly Upload[]>([])

const ACTIVE: readonly Sending['step'][] = ['waiting', 'elsewhere', 'sending']
export const isActive = ({ sending }: Upload): boolean => ACTIVE.includes(sending.value.step)

/** Everything is paused. */
let isHeld = false

/** What the server takes; asked for once. Without an answer the server itself says no. */
let limits: Promise<UploadLimits | null> | null = null

/** Adds files to the list; one that is already under way is not added twice. */
export async function addFiles(files: Iterable<File>): Promise<void> {
  const all = [...files]
  if (all.length === 0) return
  limits ??= getUploadLimits().catch(() => (limits = null))
  const known = await limits
  for (const file of all) add(file, known && refusal(file, known))
  isHeld = false
  startNext()
}

function add(file: File, refused: string | null): void {
  const key = fingerprint(file)
  const known = uploads.value.find((upload) => upload.key === key)
  if (known && isActive(known)) return
  const sending = signal<Sending>(refused === null ? { step: 'waiting' } : { step: 'refused', message: refused })
  const gate = new Gate((closure) => {
    if (sending.value.step === 'sending') sending.value = { ...sending.value, closure, bytesPerSecond: null }
  })
  if (isOffline) gate.close('offline')
  const upload = { key, file, sending, videoId: signal<string | null>(null), cancellation: new AbortController(), gate }
  uploads.value = [upload, ...uploads.value.filter((other) => other !== known)]
}

export function retry(upload: Upload): void {
  upload.sending.value = { step: 'waiting' }
  startNext()
}

export function pauseUpload({ gate }: Upload): void {
  gate.close('paused')
  // Its place is free for the next one.
  startNext()
}

export function resumeUpload({ gate }: Upload): void {
  gate.open('paused')
  isHeld = false
  startNext()
}

/** Nothing new begins either, until something is resumed or added. */
export function pauseAll(): void {
  isHeld = true
  for (const upload of uploads.value) if (upload.sending.value.step === 'sending') upload.gate.close('paused')
}

export function resumeAll(): void {
  for (const { gate } of uploads.value) gate.open('paused')
  isHeld = false
  startNext()
}

/** Stops the upload if it runs, and takes it out of the list. */
export function dismiss(upload: Upload): void {
  upload.cancellation.abort(new Error('cancelled'))
  // A running upload gives itself up when it is cancelled; one that has stopped on its way is given up here.
  const { step } = upload.sending.value
  if (step === 'failed' || step === 'waiting') void giveUpAlone(upload)
  uploads.value = uploads.value.filter((other) => other !== upload)
}

/** Another tab may be sending the same file. */
async function giveUpAlone({ key, file }: Upload): Promise<void> {
  if (!(await underWay()).has(key)) await giveUp(file)
}

const isSending = ({ sending }: Upload): boolean => sending.value.step === 'sending' && sending.value.closure !== 'paused'

function startNext(): void {
  if (!signedIn.value || isHeld) return
  const sending = uploads.value.filter(isSending).length
  // The list is newest first; files leave in the order they were chosen.
  const waiting = uploads.value.filter((upload) => upload.sending.value.step === 'waiting').reverse()
  for (const upload of waiting.slice(0, Math.max(0, MAX_SENDING - sending))) void send(upload)
}

async function send(upload: Upload): Promise<void> {
  const { file, sending, videoId, cancellation, gate, key } = upload
  const meter = new SpeedMeter()
  const onProgress = (sent: Sent): void => {
    meter.add(performance.now(), sent.bytes)
    sending.value = { step: 'sending', sent, bytesPerSecond: gate.closure ? null : meter.bytesPerSecond(), closure: gate.closure }
  }
  sending.value = { step: 'sending', sent: { bytes: 0, parts: [] }, bytesPerSecond: null, closure: gate.closure }
  try {
    const onOpened = (id: string): void => {
      videoId.value = id
      void keepHandle(file, key)
    }
    const onElsewhere = (): void => {
      sending.value = { step: 'elsewhere' }
      startNext()
    }
    const id = await sendFile(file, { signal: cancellation.signal, gate, onOpened, onProgress, onElsewhere })
    void dropHandle(key)
    // The file is safe: whatever happens to this question, it must not be sent again.
    await withRetries(() => loadVideo(id), cancellation.signal).catch(() =>
      notify(`${file.name} has arrived. Reload the page to see it.`),
    )
    sending.value = { step: 'sent' }
    shelve(id)
  } catch (error) {
    if (cancellation.signal.aborted && sending.peek().step !== 'elsewhere') void dropHandle(key)
    if (error instanceof EndedElsewhereError) {
      uploads.value = uploads.value.filter((other) => other !== upload)
      notify(`${file.name} was taken care of in another tab.`)
      return
    }
    // Without a session nothing can be sent: it goes on after signing in.
    const isSignedOut = error instanceof ApiError && error.status === 401
    sending.value = isSignedOut ? { step: 'waiting' } : { step: 'failed', message: messageOf(error), isLine: isOfLine(error) }
  } finally {
    startNext()
  }
}

const isOfLine = (error: unknown): boolean => (error instanceof ApiError || error instanceof StorageError) && error.status === 0

effect(() => {
  if (signedIn.value) untracked(startNext)
})

// A video that is deleted in the library leaves the list as well.
effect(() => {
  const isGone = ({ sending, videoId }: Upload): boolean =>
    sending.value.step === 'sent' && !videos.value.has(videoId.value ?? '')
  if (uploads.value.some(isGone)) uploads.value = uploads.value.filter((upload) => !isGone(upload))
})

/** All files that are not refused and have not ended, as one. */
export const total = computed(() => {
  const active = uploads.value.filter(isActive)
  const all = { files: active.length, bytes: 0, sentBytes: 0, bytesPerSecond: 0 }
  for (const { file, sending } of active) {
    all.bytes += file.size
    if (sending.value.step !== 'sending') continue
    all.sentBytes += sending.value.sent.bytes
    all.bytesPerSecond += sending.value.bytesPerSecond ?? 0
  }
  return all
})

/** While the line is gone, it is looked for this often: machines come back without saying so. */
const LOOK_MS = 5000

let isOffline = false
let lookTimer = 0

// What the browser says of the line is a hint: a server on this machine or in this house is there without the internet.
addEventListener('offline', () => void lookForLine())
addEventListener('online', () => void lookForLine())
globalThis.document?.addEventListener('visibilitychange', () => {
  if (!document.hidden) void lookForLine()
})

async function lookForLine(): Promise<void> {
  clearTimeout(lookTimer)
  isOffline = await fetch('/health/live', { cache: 'no-store' }).then(() => false, () => true)
  for (const { gate } of uploads.value) isOffline ? gate.close('offline') : gate.open('offline')
  if (isOffline) lookTimer = window.setTimeout(() => void lookForLine(), LOOK_MS)
  else for (const upload of uploads.value) goOn(upload)
}

function goOn(upload: Upload): void {
  const sending = upload.sending.value
  if (sending.step === 'failed' && sending.isLine) retry(upload)
}

const someActive = computed(() => uploads.value.some(isActive))

// Leaving the page stops the transfer; it can be continued, but nobody should have to.
effect(() => {
  if (!someActive.value) return
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
  addEventListener('beforeunload', ask)
  return () => removeEventListener('beforeunload', ask)
})
