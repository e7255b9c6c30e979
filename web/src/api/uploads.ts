import type { Call } from './call'
import type { NewUpload, OpenedUpload, PartUrl, UploadLimits, UploadState, UploadStatus } from './types'

const address = (id: string): string => `/uploads/${encodeURIComponent(id)}`

/** The routes that an uploader needs, by whichever way the server is reached. */
export class UploadApi {
  constructor(readonly call: Call) {}

  limits(): Promise<UploadLimits> {
    return this.call<UploadLimits>('GET', '/upload-limits')
  }

  open(upload: NewUpload, signal?: AbortSignal): Promise<OpenedUpload> {
    return this.call<OpenedUpload>('POST', '/uploads', { body: upload, signal })
  }

  read(id: string, signal?: AbortSignal): Promise<UploadState> {
    return this.call<UploadState>('GET', address(id), { signal })
  }

  status(id: string, signal?: AbortSignal): Promise<UploadStatus> {
    return this.call<UploadStatus>('GET', `${address(id)}/status`, { signal })
  }

  /** At most 100 numbers a call. */
  async signParts(id: string, numbers: number[], signal?: AbortSignal): Promise<PartUrl[]> {
    const answer = await this.call<{ urls: PartUrl[] }>('POST', `${address(id)}/parts`, { body: { numbers }, signal })
    return answer.urls
  }

  /** Repeating it is harmless. `parts` is left out when the file went up in one PUT. */
  complete(id: string, parts?: { number: number; etag: string }[], signal?: AbortSignal): Promise<{ video_id: string }> {
    return this.call<{ video_id: string }>('POST', `${address(id)}/complete`, { body: parts ? { parts } : {}, signal })
  }

  abort(id: string): Promise<void> {
    return this.call<void>('DELETE', address(id))
  }
}
