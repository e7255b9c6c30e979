import { Captions } from './captions'
import { buildControls, type Controls } from './controls/controls'
import { Engine } from './engine'
import { fetchPatiently, PlaybackError } from './fetch'
import type { Manifest } from './manifest'
import { letGo } from './media-source'
import styles from './player.css?inline'

// A constructed sheet is allowed by a Content-Security-Policy that forbids style elements.
const sheet = new CSSStyleSheet()
sheet.replaceSync(styles)

const HLS_TYPE = 'application/vnd.apple.mpegurl'
const CANNOT_PLAY = 'This browser cannot play this video.'

/**
 * `<telecine-player src="…/manifest.json">`. All that it shows is named in the manifest. Further attributes: `hls` is
 * played where the browser has no media source extensions; `poster` and `thumbhash` are shown before the manifest is there;
 * with `theatre="off"` it offers a wide form, for which the page makes the room. Events: `manifest` (detail: the
 * manifest), `theatre` (detail: whether it is to be wide) and `playbackerror` (detail: the error).
 */
export class TelecinePlayer extends HTMLElement {
  static readonly observedAttributes = ['src', 'poster', 'thumbhash', 'theatre']

  readonly media = document.createElement('video')
  private readonly controls: Controls
  private readonly captions: Captions
  private engine: Engine | null = null
  /** Whether it was paused when a failure stopped it. */
  private wasPaused: boolean | null = null
  private explaining = new AbortController()

  constructor() {
    super()
    this.media.playsInline = true
    this.controls = buildControls(this, this.media, {
      chooseQuality: (id) => this.engine?.setQuality(id),
      chooseCaptions: (name) => this.captions.choose(name),
      toggleCaptions: () => this.captions.toggle(),
      frameDuration: () => this.engine?.frameDuration() ?? 0,
      retry: () => this.restart(false),
    })
    this.captions = new Captions(this.media, {
      load: (name) => this.engine?.loadSubtitles(name) ?? Promise.reject(new Error('nothing is playing')),
      onShown: (name) => this.controls.showCaptions(name),
    })
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet]
    root.append(this.controls.element)
    // Nothing is fetched any more after a failure, but whoever seeks or plays wants to go on.
    this.media.addEventListener('seeking', () => {
      if (this.engine?.hasFailed) this.restart(this.wasPaused ?? this.media.paused)
    })
    this.media.addEventListener('play', () => {
      if (this.wasPaused !== null) this.restart(false)
    })
    this.media.addEventListener('error', () => {
      if (!this.engine && this.media.error) void this.explain(this.media.src)
    })
  }

  connectedCallback(): void {
    this.start()
  }

  disconnectedCallback(): void {
    this.stop()
  }

  attributeChangedCallback(name: string, _old: string | null, value: string | null): void {
    if (name === 'poster') this.media.poster = value ?? ''
    if (name === 'thumbhash') this.controls.showThumbhash(value ?? '')
    if (name === 'theatre') this.controls.updateTheatre()
    if (name === 'src' && this.isConnected) {
      this.stop()
      this.start()
    }
  }

  /** Takes a new address of the same video (a fresh signature, more renditions) and goes on at the same place. */
  replaceSource(src: string): void {
    const { currentTime, paused } = this.media
    const isPaused = this.wasPaused ?? paused
    this.setAttribute('src', src)
    this.continueAt(currentTime, isPaused)
  }

  /** Acts on a key as if the player had the focus; answers whether the key meant anything. */
  pressKey(key: string): boolean {
    return this.controls.pressKey(key)
  }

  private restart(isPaused: boolean): void {
    const { currentTime } = this.media
    this.stop()
    this.start()
    this.continueAt(currentTime, isPaused)
  }

  private continueAt(time: number, isPaused: boolean): void {
    // Before anything is loaded this sets where playback starts.
    if (time > 0) this.media.currentTime = time
    if (!isPaused) this.media.play().catch(() => {})
  }

  private start(): void {
    const [src, hls] = [this.getAttribute('src'), this.getAttribute('hls')]
    this.controls.hideError()
    this.wasPaused = null
    if (Engine.isSupported() && src)
      this.engine = new Engine(this.media, src, {
        onManifest: (manifest) => this.showManifest(manifest),
        onRendition: (rendition) => this.controls.showRendition(rendition),
        onError: (error) => this.showError(error),
      })
    else if (hls && this.media.canPlayType(HLS_TYPE)) this.media.src = hls
    else if (src || hls) this.showError(new PlaybackError('unsupported', CANNOT_PLAY))
  }

  /** A browser that plays an address by itself does not say why it gave up; whether the address still works tells. */
  private async explain(hls: string): Promise<void> {
    const { signal } = (this.explaining = new AbortController())
    const reason = await fetchPatiently(hls, { signal }).then(
      () => new PlaybackError('decode', CANNOT_PLAY),
      (error: PlaybackError) => error,
    )
    if (!signal.aborted) this.showError(reason)
  }

  private showManifest(manifest: Manifest): void {
    this.controls.showManifest(manifest)
    this.captions.setSubtitles(manifest.subtitles ?? [])
    const { poster, thumbhash } = manifest
    if (poster && !this.hasAttribute('poster') && this.media.readyState < HTMLMediaElement.HAVE_CURRENT_DATA)
      this.media.poster = poster.url
    // A page that gives a poster has another picture in mind.
    if (thumbhash && !this.hasAttribute('thumbhash') && !this.hasAttribute('poster')) this.controls.showThumbhash(thumbhash)
    this.dispatchEvent(new CustomEvent('manifest', { detail: manifest }))
  }

  private stop(): void {
    this.captions.clear()
    this.explaining.abort()
    if (this.engine) this.engine.destroy()
    else letGo(this.media)
    this.engine = null
  }

  private showError(error: PlaybackError): void {
    this.wasPaused = this.media.paused
    this.media.pause()
    this.controls.showError(error)
    this.dispatchEvent(new CustomEvent('playbackerror', { detail: error }))
  }
}
