/** How far a file is. From `stored` on nobody has to stay. */
export type UploadStep = 'opened' | 'stored' | 'playable' | 'ready' | 'failed'

export interface UploadDetail {
  readonly step: UploadStep
  /** The file's own name, and its bytes. */
  readonly name: string
  readonly size: number
  /** Known from `opened` on. */
  readonly uploadId: string | null
  readonly videoId: string | null
  /** Why it failed: a sentence for people. */
  readonly message: string | null
}

export interface TelecineUploaderEventMap extends HTMLElementEventMap {
  /** At every step of every file. */
  upload: CustomEvent<UploadDetail>
}

/**
 * `<telecine-uploader endpoint="https://video.example" token-url="/upload-token">`. Further attributes: `token` (an upload token, in
 * place of `token-url`) and `watch` (the address of the page of a video, with `{id}` in it).
 */
export class TelecineUploader extends HTMLElement {
  /** Answers with an upload token, in place of the attributes. */
  getToken: (() => Promise<string>) | null
  /** Adds files, as if somebody had dropped them. */
  add(files: Iterable<File>): Promise<void>
  addEventListener<K extends keyof TelecineUploaderEventMap>(
    type: K,
    listener: (this: TelecineUploader, event: TelecineUploaderEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void
}

declare global {
  interface HTMLElementTagNameMap {
    'telecine-uploader': TelecineUploader
  }
}
