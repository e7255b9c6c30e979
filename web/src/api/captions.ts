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
export function putCaptions(video: string, language: string, file: Blob): Promise<Captions> {
  return request<Captions>('PUT', address(video, language), { body: file, type: 'text/vtt' })
}

export function deleteCaptions(video: string, language: string): Promise<void> {
  return request<void>('DELETE', address(video, language))
}
