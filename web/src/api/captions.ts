import { ApiError } from './call'
import { request } from './request'

/** Captions of a video in one language. */
export interface Captions {
  /** Language tag (BCP 47); `und` where the file does not say. */
  language: string
  name: string
  kind: 'subtitles' | 'captions'
  /** Whether people gave them, or the uploaded file had them. */
  origin: 'given' | 'source'
  size: number
  url: string
}

const address = (video: string, language = ''): string =>
  `/videos/${encodeURIComponent(video)}/captions${language && `/${encodeURIComponent(language)}`}`

export async function listCaptions(video: string): Promise<Captions[]> {
  return (await request<{ items: Captions[] }>('GET', address(video))).items
}

/** Stores a WebVTT or SubRip file; it takes the place of what was there in this language. */
export async function putCaptions(video: string, language: string, file: Blob): Promise<void> {
  const response = await fetch(`/api/v1${address(video, language)}`, { method: 'PUT', body: file, headers: { 'content-type': 'text/vtt' } })
  if (response.ok) return
  const { detail = `the server answered ${response.status}`, code = 'unknown' } = await response.json().catch(() => ({})) as { detail?: string; code?: string }
  throw new ApiError(response.status, code, `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`)
}

export function deleteCaptions(video: string, language: string): Promise<void> {
  return request<void>('DELETE', address(video, language))
}
