import { effect, signal } from '@preact/signals'
import { render, type JSX } from 'preact'
import { UploadApi } from '../api/uploads'
import { askAgain } from '../ask-again'
import base from '../styles/base.css?inline'
import tokens from '../styles/tokens.css?inline'
import uploads from '../styles/uploads.css?inline'
import styles from './element.css?inline'
import { UploadQueue, type Arrived, type Ids, type Sending, type Upload } from './queue'
import { callWithToken, checked, keepingToken, NoTokenError, tokenFrom, type TokenSource } from './token'
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

/** What a file passes on its way, in this order. */
const STEPS = ['opened', 'stored', 'playable', 'ready'] as const

/** How far a file is. */
export type UploadStep = (typeof STEPS)[number] | 'failed'

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
  // A page may have set it before this script was there.
  getToken: (() => Promise<string>) | null = (this as { getToken?: () => Promise<string> }).getToken ?? null

  private readonly root = this.attachShadow({ mode: 'open' })
  private readonly notice = signal('')
  private queue: UploadQueue | null = null
  private tokens: TokenSource = this.newTokens()
  private stopTelling = (): void => {}

  constructor() {
    super()
    this.root.adoptedStyleSheets = [sheet]
  }

  connectedCallback(): void {
    if (!this.queue) this.start()
  }

  /** What has arrived is kept: the next element on the page, or this one put back later, offers to go on. */
  disconnectedCallback(): void {
    // One that is only moved to another place is back at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.stop()
    })
  }

  attributeChangedCallback(name: string): void {
    if (name === 'token-url') this.tokens = this.newTokens()
    if (!this.queue || this.queue.surroundings.origin === this.origin()) return
    this.stop()
    if (this.isConnected) this.start()
  }

  /** Adds files, as if somebody had dropped them. */
  async add(files: Iterable<File>): Promise<void> {
    if (!this.queue) throw new Error('telecine-uploader takes files while it is in a page.')
    await this.queue.add(files)
  }

  private origin(): string {
    return new URL(this.getAttribute('endpoint') ?? import.meta.url, document.baseURI).origin
  }

  private start(): void {
    const origin = this.origin()
    this.notice.value = ''
    const queue = new UploadQueue({
      api: new UploadApi(callWithToken(origin, (refused) => this.tokens(refused))),
      origin,
      maySend: signal(true),
      follow: (upload, ids) => this.follow(queue, upload, ids),
      onFound: ({ name, size }, ids) => this.tell({ step: 'stored', name, size, ...ids, message: null }),
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

  private newTokens(): TokenSource {
    const kept = keepingToken(async () => {
      const url = this.getAttribute('token-url')
      if (this.getToken) return checked(await this.getToken())
      if (url !== null) return tokenFrom(url)
      throw new NoTokenError('This page has no permission to upload: telecine-uploader needs token, token-url or getToken.')
    })
    // The page replaces the attribute when it likes.
    return async (refused) => this.getAttribute('token') ?? kept(refused)
  }

  private follow(queue: UploadQueue, upload: Upload, ids: Ids): void {
    const { signal } = upload.cancellation
    const { api } = queue.surroundings
    const watch = this.getAttribute('watch')?.replaceAll('{id}', encodeURIComponent(ids.videoId))
    const ask = async (): Promise<boolean> => {
      const { video_status: status, progress, playable, failure } = await api.status(ids.uploadId, signal)
      upload.arrived.value = { status, progress, playable, failure: failure?.message, watch }
      return status === 'ready' || status === 'failed'
    }
    const following = askAgain(ask, { isLast: Boolean, firstWaitMs: FIRST_WAIT_MS, longestWaitMs: LONGEST_WAIT_MS, signal })
    // The video was deleted.
    following.catch(() => queue.remove((other) => other === upload))
  }

  private tellSteps(queue: UploadQueue): () => void {
    const told = new WeakMap<Upload, Told>()
    return effect(() => {
      for (const upload of queue.uploads.value) {
        const last = told.get(upload) ?? NOTHING_TOLD
        const next = this.tellUpload(upload, last)
        if (next !== last) told.set(upload, next)
      }
    })
  }

  /** Tells what has not been told, each step once; answers what has been told now. */
  private tellUpload({ file, ids, sending, arrived }: Upload, last: Told): Told {
    const { uploadId = null, videoId = null } = ids.value ?? {}
    const steps = stepsOf(sending.value.step, uploadId !== null, arrived.value)
    const hasFailed = steps === 'failed'
    const about = { name: file.name, size: file.size, uploadId, videoId }
    if (hasFailed && !last.hasFailed) {
      const message = 'message' in sending.value ? sending.value.message : (arrived.value?.failure ?? null)
      this.tell({ ...about, step: 'failed', message })
    }
    // One that is tried again may have been opened anew.
    const before = uploadId === null || uploadId === last.uploadId ? last.steps : 0
    if (!hasFailed) for (const step of STEPS.slice(before, steps)) this.tell({ ...about, step, message: null })
    const now: Told = { uploadId: uploadId ?? last.uploadId, steps: hasFailed ? before : Math.max(before, steps), hasFailed }
    return now.uploadId === last.uploadId && now.steps === last.steps && hasFailed === last.hasFailed ? last : now
  }

  private tell(detail: UploadDetail): void {
    this.dispatchEvent(new CustomEvent('upload', { detail }))
  }
}

/** What a page knows of a file. */
interface Told {
  uploadId: string | null
  /** Steps of {@link STEPS}. */
  steps: number
  hasFailed: boolean
}

const NOTHING_TOLD: Told = { uploadId: null, steps: 0, hasFailed: false }

/** How many of the steps have been made. */
function stepsOf(sending: Sending['step'], isOpened: boolean, arrived: Arrived | undefined): number | 'failed' {
  if (sending === 'failed' || sending === 'refused' || arrived?.status === 'failed') return 'failed'
  if (sending !== 'sent') return isOpened ? 1 : 0
  if (arrived?.status === 'ready') return 4
  return arrived?.playable ? 3 : 2
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
