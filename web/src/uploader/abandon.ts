import type { UploadApi } from '../api/uploads'
import { withRetries } from './retry'

/** Times that coming back online is followed by another try. */
const MAX_RETURNS = 3

/**
 * Has the server throw away an upload that nobody wants any more. While the page is offline it waits for the
 * connection; what cannot be told to the server after all expires there by itself.
 */
export async function abandon(api: UploadApi, uploadId: string): Promise<void> {
  const never = new AbortController().signal
  for (let returns = 0; ; returns++) {
    try {
      return await withRetries(() => api.abort(uploadId), never)
    } catch {
      if (navigator.onLine || returns === MAX_RETURNS) return
      await new Promise((resolve) => addEventListener('online', resolve, { once: true }))
    }
  }
}
