import { request } from './request'
import type { Video, VideoPage } from './types'

/** Divides evenly into rows of 1, 2, 3 and 4 cards. */
const PAGE_SIZE = 24

export function listVideos(cursor: string | null): Promise<VideoPage> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) })
  if (cursor) query.set('cursor', cursor)
  return request<VideoPage>('GET', `/videos?${query}`)
}

export function getVideo(id: string): Promise<Video> {
  return request<Video>('GET', `/videos/${encodeURIComponent(id)}`)
}

export function renameVideo(id: string, title: string): Promise<unknown> {
  return request<unknown>('PATCH', `/videos/${encodeURIComponent(id)}`, { body: { title } })
}

export function deleteVideo(id: string): Promise<void> {
  return request<void>('DELETE', `/videos/${encodeURIComponent(id)}`)
}
