import { PlaybackError } from './fetch'
import type { Rendition } from './manifest'
import { bufferedEnd, segmentAt, segmentToFetch } from './segments'
import type { QueuedBuffer } from './source-buffer'

/** Segments fetched beyond the one that plays. */
const MAX_AHEAD = 3
/** Seconds kept behind the playhead for short steps back. */
const BACK_BUFFER_S = 20
/** Seconds kept behind when the browser says that its memory is full. */
const TIGHT_BACK_BUFFER_S = 5

export interface TrackHost {
  readonly media: HTMLMediaElement
  /** False before the first play, when one segment is enough to start from. */
  isStarted(): boolean
  /** False while the browser asks for nothing (ManagedMediaSource). */
  mayFetch(): boolean
  renditions(): readonly Rendition[]
  /** Which of the renditions that have the next segment is to be fetched; `null` when none has it. */
  choose(current: string | null, isUrgent: boolean, has: (rendition: Rendition) => boolean): Rendition | null
  /** May abort `fetching` itself, to be asked again what to fetch. */
  load(rendition: Rendition, segment: number | 'init', fetching: AbortController): Promise<ArrayBuffer>
  onSwitch(rendition: Rendition): void
  onAppended(): void
  onEnd(): void
}

interface Choice {
  rendition: Rendition
  segment: number
}

/** Keeps one SourceBuffer filled around the playhead. */
export class Track {
  /** All that is left to fetch has been fetched. */
  isDone = false

  /** Id of the rendition whose init segment was appended last. */
  private current: string | null = null
  private fetchedTo = 0
  private seeks = 0
  private ahead = MAX_AHEAD
  private fetching = new AbortController()
  private wakeUp: () => void = () => {}
  private readonly inits = new Map<string, ArrayBuffer>()

  constructor(
    private readonly host: TrackHost,
    private readonly buffer: QueuedBuffer,
    private readonly life: AbortSignal,
  ) {
    life.addEventListener('abort', () => (this.fetching.abort(), this.wake()), { once: true })
  }

  /** Runs until the life of the engine ends; rejects when playback cannot go on. */
  async run(): Promise<void> {
    while (!this.life.aborted) {
      const choice = this.plan()
      if (!choice) {
        await this.sleep()
        continue
      }
      const fetching = (this.fetching = new AbortController())
      try {
        await this.fetchAndAppend(choice, fetching)
      } catch (error) {
        // A seek, a switch or a lower rendition took this fetch back.
        if (!fetching.signal.aborted && !this.life.aborted) throw error
      }
    }
  }

  /** Looks again whether something is to be fetched: the playhead has moved. */
  wake(): void {
    this.wakeUp()
  }

  /** The playhead is somewhere else: a fetch for the old place is dropped, unless the new place is buffered. */
  seek(): void {
    const { currentTime } = this.host.media
    if (bufferedEnd(this.buffer.buffered(), currentTime) === currentTime) this.fetching.abort()
    this.resync()
  }

  /** Believes the buffer alone about what is there: after a seek, or when the browser dropped something by itself. */
  resync(): void {
    this.isDone = false
    this.fetchedTo = 0
    this.seeks++
    this.wake()
  }

  /** Drops what is buffered after the next seconds, to fetch it again in another rendition. */
  async replaceAhead(): Promise<void> {
    this.fetching.abort()
    const segments = this.playing()?.segments ?? []
    const following = segments[segmentAt(segments, this.host.media.currentTime + 1) + 1]
    if (following) await this.buffer.remove(following.start, Infinity)
    this.fetching.abort()
    this.resync()
  }

  private playing(): Rendition | undefined {
    const renditions = this.host.renditions()
    return renditions.find(({ id }) => id === this.current) ?? renditions[0]
  }

  private plan(): Choice | null {
    const { host } = this
    const playhead = {
      time: host.media.currentTime,
      buffered: this.buffer.buffered(),
      fetchedTo: this.fetchedTo,
      ahead: host.isStarted() ? this.ahead : 0,
    }
    const next = (rendition: Rendition): number | null | 'end' => segmentToFetch(rendition.segments, playhead)
    const rendition = host.choose(this.current, this.isUrgent(), (one) => next(one) !== 'end')
    if (!rendition) {
      // One that is complete and has no more ends where the video ends; the others have more soon.
      this.isDone = host.renditions().some(({ complete }) => complete !== false)
      if (this.isDone) host.onEnd()
      return null
    }
    // Asked last: a browser that has all of it asks for nothing more, and has to be told that this was the end.
    const segment = host.mayFetch() ? next(rendition) : null
    return typeof segment === 'number' ? { rendition, segment } : null
  }

  private async fetchAndAppend({ rendition, segment }: Choice, fetching: AbortController): Promise<void> {
    const { host, seeks } = this
    const { signal } = fetching
    const isSwitch = rendition.id !== this.current
    const [init, data] = await Promise.all([
      isSwitch ? this.init(rendition, fetching) : null,
      host.load(rendition, segment, fetching),
    ])
    signal.throwIfAborted()
    if (init) await this.switchTo(rendition, init, signal)
    await this.append(data, signal)
    const fetched = rendition.segments[segment]
    if (fetched && seeks === this.seeks) this.fetchedTo = fetched.start + fetched.duration
    await this.evictBehind(BACK_BUFFER_S)
    host.onAppended()
  }

  private async switchTo(rendition: Rendition, init: ArrayBuffer, signal: AbortSignal): Promise<void> {
    // Unknown while it changes: interrupted here, the next fetch brings an init segment again.
    this.current = null
    await this.buffer.prepareFor(rendition)
    await this.append(init, signal)
    this.current = rendition.id
    this.host.onSwitch(rendition)
  }

  private async init(rendition: Rendition, fetching: AbortController): Promise<ArrayBuffer> {
    const known = this.inits.get(rendition.id)
    if (known) return known
    const init = await this.host.load(rendition, 'init', fetching)
    this.inits.set(rendition.id, init)
    return init
  }

  private async append(data: ArrayBuffer, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.buffer.append(data)
      } catch (error) {
        if (this.life.aborted) throw error
        if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError')
          throw new PlaybackError('decode', 'The browser could not decode this video.')
        if (await this.makeRoom()) continue
        // Nothing can go: fetch less ahead from now on, and try again when the playhead has moved.
        this.ahead = Math.max(1, this.ahead - 1)
        await this.sleep()
        signal.throwIfAborted()
      }
    }
  }

  /** Frees what is far from the playhead on both sides; false when there was nothing to free. */
  private async makeRoom(): Promise<boolean> {
    const before = this.bufferedSeconds()
    const { currentTime } = this.host.media
    await this.evictBehind(TIGHT_BACK_BUFFER_S)
    const end = bufferedEnd(this.buffer.buffered(), currentTime)
    const stray = this.buffer.buffered().find(([start]) => start > end)
    if (stray) await this.buffer.remove(stray[0], Infinity)
    return this.bufferedSeconds() < before
  }

  private bufferedSeconds(): number {
    return this.buffer.buffered().reduce((sum, [start, end]) => sum + end - start, 0)
  }

  private async evictBehind(keptSeconds: number): Promise<void> {
    const first = this.buffer.buffered()[0]
    const limit = this.host.media.currentTime - keptSeconds
    if (first && first[0] < limit) await this.buffer.remove(0, limit)
  }

  /** Less than one segment is left to play. */
  private isUrgent(): boolean {
    const { media } = this.host
    const left = bufferedEnd(this.buffer.buffered(), media.currentTime) - media.currentTime
    return !media.paused && left < (this.playing()?.segments[0]?.duration ?? 0)
  }

  private sleep(): Promise<void> {
    if (this.life.aborted) return Promise.resolve()
    return new Promise((resolve) => (this.wakeUp = resolve))
  }
}
