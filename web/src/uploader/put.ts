/** Storage did not take the bytes: `status` 0 means that no answer came. */
export class StorageError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/** A connection that moves nothing for this long is given up; XHR itself would wait for ever. */
const STALL_MS = 60_000

export interface PutOptions {
  headers: Record<string, string>
  signal: AbortSignal
  onProgress: (sentBytes: number) => void
}

/** PUTs bytes to a presigned URL and answers with the ETag, `null` when CORS hides it. XHR, because fetch reports no progress. */
export function put(url: string, bytes: Blob, { headers, signal, onProgress }: PutOptions): Promise<string | null> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const xhr = new XMLHttpRequest()
    let stall = 0
    const onAbort = (): void => xhr.abort()
    const finish = (outcome: () => void): void => {
      clearTimeout(stall)
      signal.removeEventListener('abort', onAbort)
      outcome()
    }
    const watch = (): void => {
      clearTimeout(stall)
      stall = window.setTimeout(() => xhr.abort(), STALL_MS)
    }
    xhr.upload.onprogress = (event) => {
      watch()
      onProgress(event.loaded)
    }
    xhr.onload = () =>
      finish(() => (xhr.status < 300 ? resolve(etagOf(xhr)) : reject(refusal(xhr.status))))
    xhr.onerror = () => finish(() => reject(new StorageError(0, 'The connection to storage was interrupted.')))
    xhr.onabort = () =>
      finish(() => reject(signal.aborted ? signal.reason : new StorageError(0, 'Storage stopped answering.')))
    xhr.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    signal.addEventListener('abort', onAbort)
    watch()
    xhr.send(bytes)
  })
}

// Asking for a header that CORS hides logs an error in some browsers, hence the look at the list first.
function etagOf(xhr: XMLHttpRequest): string | null {
  return /^etag:/im.test(xhr.getAllResponseHeaders()) ? xhr.getResponseHeader('etag') : null
}

function refusal(status: number): StorageError {
  if (status === 403) return new StorageError(403, 'Storage refused the upload (403), even with a fresh address.')
  return new StorageError(status, `Storage refused the upload (${status}).`)
}
