/** Why playback has stopped. */
export interface PlaybackErrorDetail {
  /** `expired`: the signed addresses no longer work; the others are for people. */
  readonly code: 'expired' | 'network' | 'unsupported' | 'decode' | 'manifest'
  /** A sentence for people. */
  readonly message: string
}

export interface TelecinePlayerEventMap extends HTMLElementEventMap {
  /** The manifest, each time that it has something new to offer. */
  manifest: CustomEvent<Readonly<Record<string, unknown>>>
  /** Whether the viewer wants the player wide. */
  theatre: CustomEvent<boolean>
  playbackerror: CustomEvent<PlaybackErrorDetail>
}

/**
 * `<telecine-player src="…/manifest.json">`. Further attributes: `hls` (played where there are no media source extensions),
 * `poster`, `thumbhash`, and `theatre="off"`, which offers a wide form.
 */
export class TelecinePlayer extends HTMLElement {
  /** The video element. */
  readonly media: HTMLVideoElement
  /** Takes a fresh address of the same video and goes on at the same place. */
  replaceSource(src: string): void
  /** Acts on a key as if the player had the focus; answers whether the key meant anything. */
  pressKey(key: string): boolean
  addEventListener<K extends keyof TelecinePlayerEventMap>(
    type: K,
    listener: (this: TelecinePlayer, event: TelecinePlayerEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void
}

declare global {
  interface HTMLElementTagNameMap {
    'telecine-player': TelecinePlayer
  }
}
