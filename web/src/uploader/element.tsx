import { effect, signal } from '@preact/signals'
import { render, type JSX } from 'preact'
import { UploadApi } from '../api/uploads'
import { askAgain } from '../ask-again'
import base from '../styles/base.css?inline'
import tokens from '../styles/tokens.css?inline'
import uploads from '../styles/uploads.css?inline'
import styles from './element.css?inline'
import { UploadQueue, type Ids, type Upload } from './queue'
import { isReachable } from './reach'
import { withRetries } from './retry'
import { callWithToken, keepingToken, tokenFrom, type TokenSource } from './token'
import { DropZone } from './view/drop-zone'
import { InterruptedRows } from './view/interrupted-rows'
import { TotalLine } from './view/total-line'
import { UploadRows } from './view/upload-rows'

// A constructed sheet is allowed by a Content-Security-Policy that forbids style elements.
const sheet = new CSSStyleSheet()
sheet.replaceSync(tokens + base + uploads + styles)

/** Waits between two questions how the video stands. */
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 10_000

/** How far a file is. */
export type UploadStep = 'opened' | 'stored' | 'playable' | 'ready' | 'failed'

/** What an `upload` event tells. */
export interface UploadDetail {
  step: UploadStep
  name: string
  size: number
  /** Known from `opened` on. */
  uploadId: string | null
  videoId: string | null
  /** Why it failed. */
  message: string | null
}

/**
 * `<telecine-uploader endpoint="https://video.example" token-url="/upload-token">`. Whoever uploads is let in by an upload
 * token: that of the attribute `token`, what `token-url` answers, or what `getToken` does. `endpoint` is the server, by default
 * the one that this script came from; `watch` is the address of the page of a video, with `{id}` in it. Event: `upload`
 * (detail: {@link UploadDetail}) at every step of every file.
 */
export class TelecineUploader extends HTMLElement {
  static readonly observedAttributes = ['endpoint', 'token-url']

  /** Answers with an upload token. */
  getToken: (() => Promise<string>) | null = null

  private readonly root = this.attachShadow({ mode: 'open' })
  private readonly notice = signal('')
  private queue: UploadQueue | null = null
  private stopTelling = (): void => {}

  constructor() {
    super()
    this.root.adoptedStyleSheets = [sheet]
  }

  connectedCallback(): void {
    this.start()
  }

  /** What has arrived is kept: the next element on the page, or this one put back, offers to go on. */
  disconnectedCallback(): void {
    this.stop()
  }

  attributeChangedCallback(): void {
    if (!this.isConnected || !this.queue) return
    this.stop()
    this.start()
  }

  /** Adds files, as if somebody had dropped them. */
  async add(files: Iterable<File>): Promise<void> {
    await this.queue?.add(files)
  }

  private start(): void {
    const origin = new URL(this.getAttribute('endpoint') ?? import.meta.url, document.baseURI).origin
    const api = new UploadApi(callWithToken(origin, this.tokens()))
    const queue = new UploadQueue({
      api,
      maySend: signal(true),
      isReachable: () => isReachable(origin),
      follow: (upload, ids) => this.follow(queue, upload, ids),
      notify: (sentence) => (this.notice.value = sentence),
      opensTabs: true,
    })
    this.queue = queue
    this.stopTelling = this.tellSteps(queue)
    render(<Uploader queue={queue} target={this} notice={() => this.notice.value} />, this.root)
  }

  private stop(): void {
    this.stopTelling()
    this.queue?.leave()
    this.queue = null
    render(null, this.root)
  }

  private tokens(): TokenSource {
    const kept = keepingToken(async () => {
      const url = this.getAttribute('token-url')
      if (this.getToken) return this.getToken()
      if (url !== null) return tokenFrom(url)
      throw new Error('This page has no permission to upload: telecine-uploader needs token, token-url or getToken.')
    })
    // The page replaces the attribute when it likes.
    return async (refused) => this.getAttribute('token') ?? kept(refused)
  }

  private async follow(queue: UploadQueue, upload: Upload, ids: Ids): Promise<void> {
    const { signal } = upload.cancellation
    const { api } = queue.surroundings
    const watch = this.getAttribute('watch')?.replaceAll('{id}', encodeURIComponent(ids.videoId))
    const ask = async (): Promise<boolean> => {
      const { video_status: status, progress, playable, failure } = await api.status(ids.uploadId, signal)
      upload.arrived.value = { status, progress, playable, failure: failure?.message, watch }
      return status === 'ready' || status === 'failed'
    }
    if (await withRetries(ask, signal)) return
    const following = askAgain(ask, { isLast: Boolean, firstWaitMs: FIRST_WAIT_MS, longestWaitMs: LONGEST_WAIT_MS, signal })
    // The video was deleted.
    following.catch(() => queue.remove((other) => other === upload))
  }

  private tellSteps(queue: UploadQueue): () => void {
    const told = new WeakMap<Upload, UploadStep>()
    return effect(() => {
      for (const upload of queue.uploads.value) {
        const { file, ids, sending, arrived } = upload
        const step = stepOf(upload)
        if (!step || told.get(upload) === step) continue
        told.set(upload, step)
        const { value } = sending
        const message = 'message' in value ? value.message : (arrived.value?.failure ?? null)
        const { uploadId = null, videoId = null } = ids.value ?? {}
        const detail: UploadDetail = { step, name: file.name, size: file.size, uploadId, videoId, message }
        this.dispatchEvent(new CustomEvent('upload', { detail }))
      }
    })
  }
}

function stepOf({ ids, sending, arrived }: Upload): UploadStep | null {
  const { step } = sending.value
  const { status, playable } = arrived.value ?? {}
  if (step === 'failed' || step === 'refused' || status === 'failed') return 'failed'
  if (step !== 'sent') return ids.value ? 'opened' : null
  if (status === 'ready') return 'ready'
  return playable ? 'playable' : 'stored'
}

interface Props {
  queue: UploadQueue
  target: EventTarget
  notice: () => string
}

function Uploader({ queue, target, notice }: Props): JSX.Element {
  return (
    <div class="uploader">
      <DropZone queue={queue} target={target} />
      <InterruptedRows queue={queue} />
      <TotalLine queue={queue} />
      <UploadRows queue={queue} />
      <p class="quiet" role="status">{notice()}</p>
    </div>
  )
}
