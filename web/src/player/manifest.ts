// manifest.json: what there is to play. The server writes more than this; here is what the player needs.

export interface Segment {
  url: string
  /** Seconds from the beginning of the video. */
  start: number
  duration: number
  bytes: number
}

export interface Rendition {
  id: string
  mime: string
  codecs: string
  /** Peak, in bits per second. */
  bandwidth: number
  width?: number
  height?: number
  language?: string | null
  /** Address of the initialisation segment. */
  init: string
  segments: Segment[]
}

export interface Manifest {
  version: number
  duration: number
  /** Empty when there is only sound. */
  video: Rendition[]
  /** Empty when there is no sound. */
  audio: Rendition[]
}

/** Makes every address absolute, and sorts the renditions from the lowest to the highest bandwidth. */
export function resolveManifest(manifest: Manifest, base: string): Manifest {
  if (manifest.version !== 1) throw new TypeError(`manifest version ${manifest.version} is not known to this player`)
  const absolute = (url: string): string => new URL(url, base).href
  const resolve = (renditions: Rendition[]): Rendition[] =>
    renditions
      .map((rendition) => ({
        ...rendition,
        init: absolute(rendition.init),
        segments: rendition.segments.map((segment) => ({ ...segment, url: absolute(segment.url) })),
      }))
      .sort((a, b) => a.bandwidth - b.bandwidth)
  return { ...manifest, video: resolve(manifest.video), audio: resolve(manifest.audio) }
}

/** What the browser wants to know before it decodes: `video/mp4; codecs="avc1.640028"`. */
export function contentType({ mime, codecs }: Rendition): string {
  return `${mime}; codecs="${codecs}"`
}
