import { request } from './request'
import type { Filter } from '../studio/library/filter'
import type { Video, VideoChange, VideoPage } from './types'

/** Divides evenly into rows of 1, 2, 3 and 4 cards. */
const PAGE_SIZE = 24

export function listVideos({ text, status, sort }: Filter, cursor: string | null): Promise<VideoPage> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), sort })
  if (text) query.set('text', text)
  if (status) query.set('status', status)
  if (cursor) query.set('cursor', cursor)
  return request<VideoPage>('GET', `/videos?${query}`)
}

/** Makes videos of files elsewhere on the web, which the server fetches. */
export async function importVideos(urls: readonly string[]): Promise<Video[]> {
  return (await request<{ items: Video[] }>('POST', '/videos/import', { body: { urls } })).items
}

export function getVideo(id: string): Promise<Video> {
  return request<Video>('GET', `/videos/${encodeURIComponent(id)}`)
}

export function changeVideo(id: string, change: VideoChange): Promise<Video> {
  return request<Video>('PATCH', `/videos/${encodeURIComponent(id)}`, { body: change })
}

/** Processes the uploaded file once more. */
export function reprocessVideo(id: string): Promise<Video> {
  return request<Video>('POST', `/videos/${encodeURIComponent(id)}/reprocess`, { body: {} })
}

export function deleteVideo(id: string): Promise<void> {
  return request<void>('DELETE', `/videos/${encodeURIComponent(id)}`)
}
