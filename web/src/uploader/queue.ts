import { computed, effect, signal, untracked, type ReadonlySignal, type Signal } from '@preact/signals'
import { ApiError } from '../api/call'
import type { UploadLimits, VideoStatus } from '../api/types'
import type { UploadApi } from '../api/uploads'
import { refusal } from './check'
import { Gate, type Closure } from './gate'
import { dropHandle, keepHandle } from './handles'
import { underWay } from './lock'
import { Memory, type Remembered } from './memory'
import type { Sent } from './progress'
import { StorageError } from './put'
import { isReachable } from './reach'
import { EndedElsewhereError, giveUp, LeftError, sendFile } from './send-file'
import { SpeedMeter } from './speed'

/** Files on their way at the same time; each has three lanes of its own. */
const MAX_SENDING = 2

/** While the line is gone, it is looked for this often: machines come back without saying so. */
const LOOK_MS = 5000

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

/** Where the server keeps what a file brings. */
export interface Ids {
  uploadId: string
  videoId: string
}

/** What has become of a file that has arrived. */
export interface Arrived {
  status: VideoStatus
  /** Of the processing, 0 to 1. */
  progress: number
  playable: boolean
  /** Why it has failed. */
  failure?: string | undefined
  poster?: string | undefined
  /** The page that shows it. */
  watch?: string | undefined
}

/** One file in the list of uploads. */
export interface Upload {
  key: string
  file: File
  sending: Signal<Sending>
  /** Known once the server has opened the upload. */
  ids: Signal<Ids | null>
  /** `undefined` until something is known of the video. */
  arrived: Signal<Arrived | undefined>
  /** What has arrived, also while nothing is sent. */
  sent: Sent
  cancellation: AbortController
  gate: Gate
}

/** What stands around a list of uploads. */
export interface Surroundings {
  api: UploadApi
  /** Of the server; empty for the page's own. */
  origin: string
  /** False while nobody is signed in: nothing begins. */
  maySend: ReadonlySignal<boolean>
  /** Begins to follow the video of a file that has arrived. */
  follow: (upload: Upload, ids: Ids) => void
  /** An upload of an earlier visit has arrived after all. */
  onFound?: (entry: Remembered, ids: Ids) => void
  /** The picture of a video could not be loaded. */
  renewPoster?: (ids: Ids) => void
  /** Videos are watched in a tab of their own: the page would have to go for them. */
  opensTabs?: boolean
  /** Says a sentence to whoever uploads. */
  notify: (sentence: string) => void
}

const ACTIVE: readonly Sending['step'][] = ['waiting', 'elsewhere', 'sending']
export const isActive = ({ sending }: Upload): boolean => ACTIVE.includes(sending.value.step)

const isSending = ({ sending }: Upload): boolean => sending.value.step === 'sending' && sending.value.closure !== 'paused'

/** Files on their way from this page to storage, newest first. */
export class UploadQueue {
  readonly memory: Memory
  readonly uploads = signal<readonly Upload[]>([])

  /** All files that are not refused and have not ended, as one. */
  readonly total = computed(() => {
    const active = this.uploads.value.filter(isActive)
    const all = { files: active.length, bytes: 0, sentBytes: 0, bytesPerSecond: 0 }
    for (const { file, sending } of active) {
      all.bytes += file.size
      if (sending.value.step !== 'sending') continue
      all.sentBytes += sending.value.sent.bytes
      all.bytesPerSecond += sending.value.bytesPerSecond ?? 0
    }
    return all
  })

  /** Everything is paused. */
  private isHeld = false
  /** What the server takes; asked for once. Without an answer the server itself says no. */
  private limits: Promise<UploadLimits | null> | null = null
  private isOffline = false
  private lookTimer = 0
  private readonly someActive = computed(() => this.uploads.value.some(isActive))
  private readonly left = new AbortController()

  constructor(readonly surroundings: Surroundings) {
    this.memory = new Memory(surroundings.origin)
    const { signal } = this.left
    const stops = [
      effect(() => {
        if (surroundings.maySend.value) untracked(() => this.startNext())
      }),
      // Leaving the page stops the transfer; it can be continued, but nobody should have to.
      effect(() => {
        if (!this.someActive.value) return
        const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
        addEventListener('beforeunload', ask)
        return () => removeEventListener('beforeunload', ask)
      }),
    ]
    signal.addEventListener('abort', () => stops.forEach((stop) => stop()))
    // What the browser says of the line is a hint: a server on this machine or in this house is there without the internet.
    addEventListener('offline', () => void this.lookForLine(), { signal })
    addEventListener('online', () => void this.lookForLine(), { signal })
    globalThis.document?.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.lookForLine()
    }, { signal })
  }

  /** Stops everything where it is; another list can go on with it. This one is of no use any more. */
  leave(): void {
    this.left.abort()
    clearTimeout(this.lookTimer)
    for (const { cancellation } of this.uploads.value) cancellation.abort(new LeftError())
    this.uploads.value = []
  }

  /** Adds files to the list; one that is already under way is not added twice. */
  async add(files: Iterable<File>): Promise<void> {
    const all = [...files]
    if (all.length === 0) return
    this.limits ??= this.surroundings.api.limits().catch(() => (this.limits = null))
    const known = await this.limits
    if (this.left.signal.aborted) return
    for (const file of all) this.addOne(file, known && refusal(file, known))
    this.isHeld = false
    this.startNext()
  }

  private addOne(file: File, refused: string | null): void {
    const key = this.memory.fingerprint(file)
    const known = this.uploads.value.find((upload) => upload.key === key)
    if (known && isActive(known)) return
    // Its row makes room, and is followed no more.
    known?.cancellation.abort(new LeftError())
    const sending = signal<Sending>(refused === null ? { step: 'waiting' } : { step: 'refused', message: refused })
    const gate = new Gate((closure) => {
      if (sending.value.step === 'sending') sending.value = { ...sending.value, closure, bytesPerSecond: null }
    })
    if (this.isOffline) gate.close('offline')
    const upload: Upload = {
      key, file, sending, gate,
      sent: { bytes: 0, parts: [] },
      ids: signal(null), arrived: signal(undefined), cancellation: new AbortController(),
    }
    this.uploads.value = [upload, ...this.uploads.value.filter((other) => other !== known)]
  }

  retry(upload: Upload): void {
    upload.ids.value = null
    upload.sending.value = { step: 'waiting' }
    this.startNext()
  }

  pause({ gate }: Upload): void {
    gate.close('paused')
    // Its place is free for the next one.
    this.startNext()
  }

  resume({ gate }: Upload): void {
    gate.open('paused')
    this.isHeld = false
    this.startNext()
  }

  /** Nothing new begins either, until something is resumed or added. */
  pauseAll(): void {
    this.isHeld = true
    for (const upload of this.uploads.value) if (upload.sending.value.step === 'sending') upload.gate.close('paused')
  }

  resumeAll(): void {
    for (const { gate } of this.uploads.value) gate.open('paused')
    this.isHeld = false
    this.startNext()
  }

  /** Stops the upload if it runs, and takes it out of the list. */
  dismiss(upload: Upload): void {
    if (isActive(upload)) this.surroundings.notify(`The upload of ${upload.file.name} was cancelled.`)
    upload.cancellation.abort(new Error('cancelled'))
    // A running upload gives itself up when it is cancelled; one that has stopped on its way is given up here.
    const { step } = upload.sending.value
    if (step === 'failed' || step === 'waiting') void this.giveUpAlone(upload)
    this.remove((other) => other === upload)
  }

  /** Takes uploads out of the list. */
  remove(isGone: (upload: Upload) => boolean): void {
    if (this.uploads.value.some(isGone)) this.uploads.value = this.uploads.value.filter((upload) => !isGone(upload))
  }

  /** Another tab may be sending the same file. */
  private async giveUpAlone({ key, file }: Upload): Promise<void> {
    if (!(await underWay()).has(key)) await giveUp(this.surroundings.api, this.memory, file)
  }

  private startNext(): void {
    if (!this.surroundings.maySend.value || this.isHeld || this.left.signal.aborted) return
    const sending = this.uploads.value.filter(isSending).length
    // The list is newest first; files leave in the order they were chosen.
    const waiting = this.uploads.value.filter((upload) => upload.sending.value.step === 'waiting').reverse()
    for (const upload of waiting.slice(0, Math.max(0, MAX_SENDING - sending))) void this.send(upload)
  }

  private async send(upload: Upload): Promise<void> {
    const { file, sending, cancellation, gate, key } = upload
    const { api, follow } = this.surroundings
    const meter = new SpeedMeter()
    const onProgress = (sent: Sent): void => {
      meter.add(performance.now(), sent.bytes)
      upload.sent = sent
      sending.value = { step: 'sending', sent, bytesPerSecond: gate.closure ? null : meter.bytesPerSecond(), closure: gate.closure }
    }
    sending.value = { step: 'sending', sent: upload.sent, bytesPerSecond: null, closure: gate.closure }
    try {
      const onOpened = (ids: Ids): void => {
        upload.ids.value = ids
        void keepHandle(file, key)
      }
      const onElsewhere = (): void => {
        sending.value = { step: 'elsewhere' }
        this.startNext()
      }
      const { memory } = this
      await sendFile(file, { api, memory, signal: cancellation.signal, gate, onOpened, onProgress, onElsewhere })
      void dropHandle(key)
      sending.value = { step: 'sent' }
      if (upload.ids.value) follow(upload, upload.ids.value)
    } catch (error) {
      await this.noteFailure(upload, error)
    } finally {
      this.startNext()
    }
  }

  private async noteFailure(upload: Upload, error: unknown): Promise<void> {
    const { file, sending, cancellation, key } = upload
    if (this.left.signal.aborted) return
    if (cancellation.signal.aborted && sending.peek().step !== 'elsewhere') void dropHandle(key)
    if (error instanceof EndedElsewhereError) {
      this.remove((other) => other === upload)
      this.surroundings.notify(`${file.name} was taken care of in another tab.`)
      return
    }
    const isLine = (error instanceof ApiError || error instanceof StorageError) && error.status === 0
    // The server may have gone without the browser's knowing: the upload waits for it at its gate. Where the server is there
    // and it failed all the same, that is left to whoever uploads.
    if (isLine) {
      const isThere = await this.lookForLine(false)
      if (this.left.signal.aborted) return
      // Cancelled meanwhile, when nothing ran any more that could give itself up.
      if (cancellation.signal.aborted) return this.giveUpAlone(upload)
      if (!isThere) return this.retry(upload)
    }
    // Without a session nothing can be sent: it goes on after signing in.
    const isSignedOut = error instanceof ApiError && error.status === 401 && !this.surroundings.maySend.value
    const message = error instanceof Error ? error.message : String(error)
    sending.value = isSignedOut ? { step: 'waiting' } : { step: 'failed', message, isLine }
  }

  /** Whether the server can be reached; while it cannot, everything waits. Then what the line has stopped goes on, if it may. */
  private async lookForLine(mayGoOn = true): Promise<boolean> {
    clearTimeout(this.lookTimer)
    this.isOffline = !(await isReachable(this.surroundings.origin))
    if (this.left.signal.aborted) return false
    for (const { gate } of this.uploads.value) this.isOffline ? gate.close('offline') : gate.open('offline')
    clearTimeout(this.lookTimer)
    if (this.isOffline) this.lookTimer = window.setTimeout(() => void this.lookForLine(), LOOK_MS)
    else if (mayGoOn) for (const upload of this.uploads.value) this.goOn(upload)
    return !this.isOffline
  }

  private goOn(upload: Upload): void {
    const sending = upload.sending.value
    if (sending.step === 'failed' && sending.isLine) this.retry(upload)
  }
}
