import type { Subtitles } from './manifest'

export interface CaptionsEvents {
  /** The text of the file of this name. */
  load(name: string): Promise<string>
  /** Another name is shown from now on, `null` for none. */
  onShown(name: string | null): void
}

/** What is shown before anybody has chosen: the default, or else what everybody needs; mostly nothing. */
export function preferred(subtitles: readonly Subtitles[]): string | null {
  const found = subtitles.find((one) => one.default) ?? subtitles.find((one) => one.forced)
  return found?.name ?? null
}

/** Words over the pictures: one file at a time, as a track of the media element, which the browser draws. */
export class Captions {
  private subtitles: readonly Subtitles[] = []
  /** `undefined` until the viewer has chosen. */
  private chosen: string | null | undefined
  private shown: string | null = null
  /** What was shown last, for those who switch it on again. */
  private last: string | null = null
  private track: HTMLTrackElement | null = null

  constructor(
    private readonly media: HTMLMediaElement,
    private readonly events: CaptionsEvents,
  ) {}

  /** Takes what there is now. What the viewer has chosen stays, if it is still there. */
  setSubtitles(subtitles: readonly Subtitles[]): void {
    this.subtitles = subtitles
    const wish = this.chosen === undefined ? preferred(subtitles) : this.chosen
    this.show(subtitles.some(({ name }) => name === wish) ? (wish ?? null) : null)
  }

  choose(name: string | null): void {
    this.chosen = name
    this.show(name)
  }

  /** Off, or what was shown before; without a choice so far, the first. */
  toggle(): void {
    const wish = this.last ?? preferred(this.subtitles) ?? this.subtitles[0]?.name ?? null
    this.choose(this.shown === null ? wish : null)
  }

  /** Takes the words off the picture until there are some again. */
  clear(): void {
    this.shown = null
    this.remove()
  }

  private show(name: string | null): void {
    if (name === this.shown) return
    this.shown = name
    this.last = name ?? this.last
    this.remove()
    this.events.onShown(name)
    const entry = this.subtitles.find((one) => one.name === name)
    if (!entry) return
    this.events
      .load(entry.name)
      .then((text) => this.shown === name && this.add(entry, text))
      .catch(() => {
        // The video plays on without words.
        if (this.shown !== name) return
        this.shown = null
        this.events.onShown(null)
      })
  }

  private add({ name, language, kind }: Subtitles, text: string): void {
    const track = document.createElement('track')
    Object.assign(track, { kind, label: name, srclang: language })
    track.src = URL.createObjectURL(new Blob([text], { type: 'text/vtt' }))
    this.track = track
    this.media.append(track)
    track.track.mode = 'showing'
  }

  private remove(): void {
    if (!this.track) return
    this.track.track.mode = 'disabled'
    this.track.remove()
    URL.revokeObjectURL(this.track.src)
    this.track = null
  }
}
