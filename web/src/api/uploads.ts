import { request } from './request'
import type { NewUpload, UploadLimits, OpenedUpload, PartUrl, UploadState } from './types'

const address = (id: string): string => `/uploads/${encodeURIComponent(id)}`

export function openUpload(upload: NewUpload, signal?: AbortSignal): Promise<OpenedUpload> {
  return request<OpenedUpload>('POST', '/uploads', { body: upload, signal })
}

export function getUploadLimits(): Promise<UploadLimits> {
  return request<UploadLimits>('GET', '/upload-limits')
}

export function getUpload(id: string, signal?: AbortSignal): Promise<UploadState> {
  return request<UploadState>('GET', address(id), { signal })
}

/** At most 100 numbers a call. */
export async function signParts(id: string, numbers: number[], signal?: AbortSignal): Promise<PartUrl[]> {
  const answer = await request<{ urls: PartUrl[] }>('POST', `${address(id)}/parts`, { body: { numbers }, signal })
  return answer.urls
}

/** Repeating it is harmless. `parts` is left out when the file went up in one PUT. */
export function completeUpload(
  id: string,
  parts?: { number: number; etag: string }[],
  signal?: AbortSignal,
): Promise<{ video_id: string }> {
  return request<{ video_id: string }>('POST', `${address(id)}/complete`, { body: parts ? { parts } : {}, signal })
}

export function abortUpload(id: string): Promise<void> {
  return request<void>('DELETE', address(id))
}
