// manifest.json: what there is to play. The server writes more than this; here is what the player needs.

import type { Storyboard } from './storyboard'

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
  /** Pictures per second as a fraction: `30000/1001`. */
  frameRate?: string
  language?: string | null
  /** False while segments are still being added. */
  complete?: boolean
  /** Address of the initialisation segment. */
  init: string
  segments: Segment[]
}

/** A WebVTT file for the whole video. */
export interface Subtitles {
  url: string
  language: string
  /** For people; no other has the same. */
  name: string
  kind: 'subtitles' | 'captions'
  /** To be shown unless the viewer says otherwise. */
  default: boolean
  /** Only what everybody needs, such as the words of a foreign language. */
  forced: boolean
}

export interface Manifest {
  version: number
  /** False while the video is still being made: there will be more segments and more renditions. */
  complete?: boolean
  /** Seconds; an expectation while it is being made. */
  duration: number
  /** Empty when there is only sound. */
  video: Rendition[]
  /** Empty when there is no sound. */
  audio: Rendition[]
  /** Missing in manifests of earlier versions. */
  subtitles?: Subtitles[]
  /** The pictures come last: missing while the video is still being made, and where there is only sound. */
  storyboard?: Storyboard
  /** A picture every few seconds. The player has no use for them; pages that choose one have. */
  largeThumbnails?: { interval: number; width: number; height: number; images: { url: string }[] }
  poster?: { url: string }
  /** The poster in some 25 bytes, in Base64. */
  thumbhash?: string
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
  const object = <T extends { url: string }>(one: T): T => ({ ...one, url: absolute(one.url) })
  const { storyboard, largeThumbnails, poster, ...rest } = manifest
  return {
    ...rest,
    video: resolve(manifest.video),
    audio: resolve(manifest.audio),
    subtitles: (manifest.subtitles ?? []).map(object),
    ...(storyboard && { storyboard: { ...storyboard, images: storyboard.images.map(object) } }),
    ...(largeThumbnails && { largeThumbnails: { ...largeThumbnails, images: largeThumbnails.images.map(object) } }),
    ...(poster && { poster: object(poster) }),
  }
}

/**
 * The renditions of a later manifest of the same video, from the lowest to the highest bandwidth. Those that were there
 * before stay the same objects, because what is being fetched refers to them.
 */
export function mergeRenditions(old: readonly Rendition[], fresh: readonly Rendition[]): Rendition[] {
  return fresh.map((rendition) => {
    const known = old.find(({ id }) => id === rendition.id)
    return known ? Object.assign(known, { complete: true }, rendition) : rendition
  })
}

/** What the browser wants to know before it decodes: `video/mp4; codecs="avc1.640028"`. */
export function contentType({ mime, codecs }: Rendition): string {
  return `${mime}; codecs="${codecs}"`
}

/** Seconds that a picture is shown; `null` where the manifest does not say. */
export function frameDuration({ frameRate }: Rendition): number | null {
  const [pictures = 0, seconds = 1] = (frameRate ?? '').split('/').map(Number)
  return pictures > 0 && seconds > 0 ? seconds / pictures : null
}
