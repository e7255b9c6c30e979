import { BandwidthEstimator, chooseRendition, rateToGiveUpAt } from './bandwidth'
import { fetchPatiently, PlaybackError } from './fetch'
import { contentType, frameDuration, mergeRenditions, resolveManifest, type Manifest, type Rendition } from './manifest'
import { attachSource, letGo, MediaSourceClass, wantsMedia } from './media-source'
import { bufferedEnd, gapTarget, rangesOf } from './segments'
import { QueuedBuffer } from './source-buffer'
import { Track, type TrackHost } from './track'

/** Smaller answers say more about latency than about bandwidth. */
const MIN_MEASURED_BYTES = 16_000

/** How often a segment on its way is looked at. */
const TRANSFER_LOOK_MS = 250

/** How often a video that is still being made is looked at for more of it. */
const GROWTH_INTERVAL_MS = 2000
/** After so many questions without an answer in a row there will be none: the video has failed or was deleted. */
const MAX_GROWTH_FAILURES = 5

/** Where the manifest does not say how long a picture is shown. */
const USUAL_FRAME_S = 1 / 25

export interface EngineEvents {
  /** The manifest is there, or has something to offer that it had not before; or has other addresses for it. */
  onManifest(manifest: Manifest): void
  /** Another video rendition is being fetched from now on. */
  onRendition(rendition: Rendition): void
  onError(error: PlaybackError): void
}

/** Plays a manifest.json on a media element through Media Source Extensions. It shows nothing by itself. */
export class Engine {
  private readonly life = new AbortController()
  private readonly source: MediaSource
  private readonly estimator = new BandwidthEstimator()
  private manifest: Manifest | null = null
  private tracks: Track[] = []
  private videoTrack: Track | null = null
  private manualId: string | null = null
  private isStarted = false
  private isDestroyed = false
  private renewal: Promise<void> | null = null

  static isSupported(): boolean {
    return MediaSourceClass !== null
  }

  constructor(
    private readonly media: HTMLMediaElement,
    private readonly manifestUrl: string,
    private readonly events: EngineEvents,
  ) {
    if (!MediaSourceClass) throw new PlaybackError('unsupported', 'This browser cannot play this video.')
    this.source = new MediaSourceClass()
    this.start().catch((error: unknown) => this.fail(error))
  }

  /** Fixes a video rendition by its id, or gives the choice back with `null`. */
  setQuality(id: string | null): void {
    if (id === this.manualId) return
    this.manualId = id
    this.videoTrack?.replaceAhead().catch((error: unknown) => this.fail(error))
  }

  /** The WebVTT file of this name. */
  async loadSubtitles(name: string): Promise<string> {
    const address = (): string => this.manifest?.subtitles?.find((one) => one.name === name)?.url ?? ''
    const renew = (): Promise<string> => this.renewAddresses().then(address)
    const { bytes } = await fetchPatiently(address(), { signal: this.life.signal, renew })
    return new TextDecoder().decode(bytes)
  }

  /** Seconds that a picture is shown. */
  frameDuration(): number {
    const best = this.manifest?.video.at(-1)
    return (best && frameDuration(best)) ?? USUAL_FRAME_S
  }

  /** True once nothing more will be fetched; what is buffered may still be playing. */
  get hasFailed(): boolean {
    return this.life.signal.aborted
  }

  /** Stops every fetch and lets go of the element. */
  destroy(): void {
    this.isDestroyed = true
    this.life.abort()
    letGo(this.media)
  }

  private async start(): Promise<void> {
    const [manifest] = await Promise.all([this.loadManifest(), attachSource(this.media, this.source)])
    if (this.life.signal.aborted) return
    this.manifest = { ...manifest, video: playable(manifest.video), audio: playable(manifest.audio) }
    this.events.onManifest(this.manifest)
    this.source.duration = manifest.duration
    this.listen()
    this.videoTrack = this.addTrack('video')
    this.addTrack('audio')
    if (this.tracks.length === 0) throw new PlaybackError('unsupported', 'This browser cannot decode this video.')
    await Promise.all([...this.tracks.map((track) => track.run()), this.grow()])
  }

  /** Looks for more segments and renditions until all are there. */
  private async grow(): Promise<void> {
    const { signal } = this.life
    let failures = 0
    while (this.manifest?.complete === false && failures < MAX_GROWTH_FAILURES && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, GROWTH_INTERVAL_MS)
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
      })
      if (signal.aborted) return
      // What is there already plays on, whatever becomes of this question; the next one may be answered.
      const fresh = await this.loadManifest().catch(() => null)
      failures = fresh ? 0 : failures + 1
      if (fresh) this.take(fresh)
    }
  }

  /** Takes over a later manifest of the same video. */
  private take(fresh: Manifest): void {
    const { manifest, source } = this
    if (!manifest) return
    const before = offerOf(manifest)
    manifest.video = mergeRenditions(manifest.video, playable(fresh.video))
    manifest.audio = mergeRenditions(manifest.audio, playable(fresh.audio))
    const { video, audio } = manifest
    Object.assign(manifest, fresh, { video, audio })
    const isIdle = source.readyState === 'open' && [...source.sourceBuffers].every(({ updating }) => !updating)
    if (isIdle && fresh.duration > source.duration) source.duration = fresh.duration
    if (offerOf(manifest) !== before) this.events.onManifest(manifest)
    this.tracks.forEach((track) => track.wake())
  }

  private async loadManifest(): Promise<Manifest> {
    const { bytes, url } = await fetchPatiently(this.manifestUrl, { signal: this.life.signal })
    try {
      return resolveManifest(JSON.parse(new TextDecoder().decode(bytes)) as Manifest, url)
    } catch {
      throw new PlaybackError('manifest', 'The description of this video could not be read.')
    }
  }

  private addTrack(kind: 'video' | 'audio'): Track | null {
    const first = this.manifest?.[kind][0]
    if (!first) return null
    const buffer = new QueuedBuffer(this.source.addSourceBuffer(contentType(first)), first)
    const track = new Track(this.hostFor(kind), buffer, this.life.signal)
    this.tracks.push(track)
    return track
  }

  private hostFor(kind: 'video' | 'audio'): TrackHost {
    const renditions = (): Rendition[] => this.manifest?.[kind] ?? []
    return {
      media: this.media,
      renditions,
      isStarted: () => (this.isStarted ||= !this.media.paused),
      mayFetch: () => wantsMedia(this.source),
      choose: (current, isUrgent, has) => {
        const able = renditions().filter(has)
        return (kind === 'audio' ? able[0] : this.chooseVideo(able, current, isUrgent)) ?? null
      },
      load: (rendition, segment, fetching) => this.load(kind, rendition, segment, fetching),
      onSwitch: (rendition) => {
        if (kind === 'video') this.events.onRendition(rendition)
      },
      onAppended: () => this.jumpGap(),
      onEnd: () => this.endIfDone(),
    }
  }

  private chooseVideo(able: readonly Rendition[], currentId: string | null, isUrgent: boolean): Rendition | undefined {
    const bitsPerSecond = this.estimator.bitsPerSecond()
    const current = able.findIndex(({ id }) => id === currentId)
    const manual = able.find(({ id }) => id === this.manualId)
    return manual ?? able[chooseRendition(able, { bitsPerSecond, current, isUrgent })]
  }

  private async load(
    kind: 'video' | 'audio',
    rendition: Rendition,
    segment: number | 'init',
    fetching: AbortController,
  ): Promise<ArrayBuffer> {
    const address = (): string => (segment === 'init' ? rendition.init : rendition.segments[segment]?.url) ?? ''
    const renew = (): Promise<string> => this.renewAddresses().then(address)
    const watch = kind === 'video' && segment !== 'init' ? this.watchTransfer(rendition, segment, fetching) : null
    try {
      const { bytes, elapsedMs } = await fetchPatiently(address(), { signal: fetching.signal, renew, onBytes: watch?.onBytes })
      if (kind === 'video' && bytes.byteLength >= MIN_MEASURED_BYTES)
        this.estimator.add((bytes.byteLength * 8000) / elapsedMs)
      return bytes
    } finally {
      watch?.stop()
    }
  }

  /** Gives a segment up that comes too slowly, so that a lower rendition can be fetched in its place. */
  private watchTransfer(
    rendition: Rendition,
    index: number,
    fetching: AbortController,
  ): { onBytes: (loaded: number) => void; stop: () => void } {
    const { media } = this
    const begun = performance.now()
    let loaded = 0
    const look = (): void => {
      const lowest = this.manifest?.video[0]?.segments[index]
      const segment = rendition.segments[index]
      if (!lowest || !segment || rendition.id === this.manualId) return
      const left = bufferedEnd(rangesOf(media.buffered), media.currentTime) - media.currentTime
      const rate = rateToGiveUpAt({
        loaded,
        bytes: segment.bytes,
        elapsedMs: performance.now() - begun,
        duration: segment.duration,
        left: media.paused ? Infinity : left / media.playbackRate,
        lowestBytes: lowest.bytes,
      })
      if (rate === null) return
      this.estimator.fall(rate)
      fetching.abort()
    }
    const timer = setInterval(look, TRANSFER_LOOK_MS)
    return { onBytes: (bytes) => (loaded = bytes), stop: () => clearInterval(timer) }
  }

  /** Signed addresses have expired: reads the manifest again, which has others. */
  private renewAddresses(): Promise<void> {
    this.renewal ??= this.loadManifest()
      .then((fresh) => {
        this.take(fresh)
        if (this.manifest) this.events.onManifest(this.manifest)
      })
      .finally(() => (this.renewal = null))
    return this.renewal
  }

  private listen(): void {
    const { signal } = this.life
    const on = (target: EventTarget, types: string[], listener: () => void): void =>
      types.forEach((type) => target.addEventListener(type, listener, { signal }))
    const wake = (): void => this.tracks.forEach((track) => track.wake())
    on(this.media, ['timeupdate'], () => (wake(), this.endIfDone()))
    on(this.media, ['play'], wake)
    on(this.media, ['seeking'], () => this.tracks.forEach((track) => track.seek()))
    on(this.media, ['waiting'], () => this.jumpGap() || this.tracks.forEach((track) => track.resync()))
    on(this.media, ['error'], () => this.fail(new PlaybackError('decode', 'The browser could not decode this video.')))
    on(this.source, ['startstreaming'], wake)
  }

  /** Playback stands still at a hole of a few frames: goes on behind it. */
  private jumpGap(): boolean {
    const { media } = this
    if (media.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return false
    const target = gapTarget(rangesOf(media.buffered), media.currentTime)
    if (target !== null) media.currentTime = target
    return target !== null
  }

  /** Tells the browser that no more is to come, without which it never reaches `ended`. */
  private endIfDone(): void {
    const { source } = this
    const isIdle = [...source.sourceBuffers].every(({ updating }) => !updating)
    if (source.readyState === 'open' && isIdle && this.tracks.every(({ isDone }) => isDone)) source.endOfStream()
  }

  private fail(error: unknown): void {
    if (this.life.signal.aborted) return
    this.life.abort()
    const reason = error instanceof PlaybackError ? error : new PlaybackError('decode', 'The browser could not play this video.')
    const report = (): void => {
      if (!this.isDestroyed) this.events.onError(reason)
    }
    // What is buffered is played to its end first.
    const { media } = this
    const left = bufferedEnd(rangesOf(media.buffered), media.currentTime) - media.currentTime
    if (media.paused || media.error || left === 0) report()
    else media.addEventListener('waiting', report, { once: true })
  }
}

/** What people can choose from and look at. */
function offerOf({ video, audio, subtitles, storyboard, poster }: Manifest): string {
  const names = [...video, ...audio].map(({ id }) => id).concat(subtitles?.map(({ name }) => name) ?? [])
  return JSON.stringify([names, storyboard !== undefined, poster !== undefined])
}

function playable(renditions: Rendition[]): Rendition[] {
  return renditions.filter((rendition) => MediaSourceClass?.isTypeSupported(contentType(rendition)))
}
