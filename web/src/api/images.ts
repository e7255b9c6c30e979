import { request } from './request'
import type { Failure } from './types'

/** In the order of an image's life. */
export const IMAGE_STATUSES = ['pending_upload', 'processing', 'ready', 'failed'] as const

export type ImageStatus = (typeof IMAGE_STATUSES)[number]

/** What came in. */
export interface ImageSource {
  format: string
  width: number
  height: number
  /** More than one is an animation. */
  frames: number
  bytes: number
}

export interface Variant {
  name: string
  width: number
  height: number
  frames: number
  bytes: number
  content_type: string
  /** `original` where a WebP was no smaller, or could not be made. */
  kept: 'webp' | 'original'
  /** Bytes that the WebP would have had, where the original was kept. */
  webp_bytes: number | null
  /** The bytes; a signed address has an end. */
  url: string
  /** An address that can be kept. */
  address: string
}

export interface Image {
  id: string
  title: string
  status: ImageStatus
  /** Of the making, 0 to 1. */
  progress: number
  source: ImageSource | null
  /** In Base64. */
  thumbhash: string | null
  /** The picture 16 pixels wide, as a `data:` URL. */
  blurred: string | null
  variants: Variant[]
  /** Why the last making came to nothing. */
  failure: Failure | null
  created_at: string
}

/** Where the file of a new image goes. */
interface OpenedImage extends Image {
  upload: { url: string; headers: Record<string, string> } | null
}

export interface ImagePage {
  items: Image[]
  next_cursor: string | null
}

const address = (id: string): string => `/images/${encodeURIComponent(id)}`

export function listImages(query: URLSearchParams): Promise<ImagePage> {
  return request<ImagePage>('GET', `/images?${query}`)
}

/** While its file is awaited, the answer has a fresh address for it. */
export function getImage(id: string): Promise<OpenedImage> {
  return request<OpenedImage>('GET', address(id))
}

export function openImage({ name, size, type }: Pick<File, 'name' | 'size' | 'type'>, signal: AbortSignal): Promise<OpenedImage> {
  const body = { filename: name, size, content_type: type || 'application/octet-stream' }
  return request<OpenedImage>('POST', '/images', { body, signal })
}

/** Has a picture taken of a video at a second. */
export function takePicture(video: string, timestamp: number): Promise<Image> {
  return request<Image>('POST', '/images', { body: { video_id: video, timestamp } })
}

/** Says that the file is in storage. */
export function completeImage(id: string, signal: AbortSignal): Promise<Image> {
  return request<Image>('POST', `${address(id)}/complete`, { signal })
}

/** Adds a size; one of the same name gives its place to it. */
export function addVariant(id: string, variant: Pick<Variant, 'name' | 'width' | 'height'>): Promise<Image> {
  return request<Image>('POST', `${address(id)}/variants`, { body: { variants: [variant] } })
}

export function deleteImage(id: string): Promise<void> {
  return request<void>('DELETE', address(id))
}
