import type { MultipartUpload, StoredPart } from '../api/types'
import type { UploadApi } from '../api/uploads'
import type { Gate } from './gate'
import { Lanes } from './lanes'
import { PartUrls } from './part-urls'
import { keptParts, planParts, type Part } from './plan'
import { Progress, type Sent } from './progress'
import { put, StorageError } from './put'
import { withRetries } from './retry'

export interface SentPart {
  number: number
  etag: string
}

export interface PartsOptions {
  api: UploadApi
  signal: AbortSignal
  gate: Gate
  onProgress: (sent: Sent) => void
}

/** Sends the parts that storage lacks and answers with all of them, in order. */
export async function sendParts(
  file: File,
  upload: MultipartUpload,
  stored: readonly StoredPart[],
  { api, signal, gate, onProgress }: PartsOptions,
): Promise<SentPart[]> {
  const plan = planParts(file.size, upload.part_size)
  const kept = keptParts(plan, stored)
  const sent = new Map<number, string>(kept.map(({ number, etag }) => [number, etag]))
  const missing = plan.filter(({ number }) => !sent.has(number))
  const progress = new Progress(plan.map(({ start, end }) => end - start), onProgress)
  for (const { number, size } of kept) progress.set(number - 1, size)
  progress.tell()

  // One part that fails for good stops the others, which would only send bytes in vain.
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const urls = new PartUrls(api, upload.id, missing.map(({ number }) => number), either)
  const lanes = new Lanes()
  try {
    await lanes.each(missing, async (part) => {
      sent.set(part.number, await sendPart(file, part, { urls, signal: either, gate, progress, lanes }))
    })
  } catch (error) {
    failure.abort(error)
    throw error
  }
  return plan.map(({ number }) => ({ number, etag: sent.get(number) ?? '' }))
}

interface Way {
  urls: PartUrls
  signal: AbortSignal
  gate: Gate
  progress: Progress
  lanes: Lanes
}

async function sendPart(file: File, part: Part, { urls, signal, gate, progress, lanes }: Way): Promise<string> {
  const bytes = file.slice(part.start, part.end)
  const index = part.number - 1
  const attempt = (open: AbortSignal): Promise<string> => sendOnce(bytes, part.number, urls, open, (sent) => progress.set(index, sent))
  const tryOnce = async (): Promise<string> => {
    try {
      return await gate.run(attempt, signal)
    } catch (error) {
      // An address that has expired says nothing about the line.
      if (!(error instanceof StorageError && error.status === 403)) lanes.trouble()
      progress.set(index, 0)
      throw error
    }
  }
  const etag = await withRetries(tryOnce, signal, () => urls.forget())
  lanes.success()
  progress.set(index, bytes.size)
  return etag
}

async function sendOnce(
  bytes: Blob,
  number: number,
  urls: PartUrls,
  signal: AbortSignal,
  onProgress: (sentBytes: number) => void,
): Promise<string> {
  onProgress(0)
  const { url, headers = {} } = await urls.get(number)
  const etag = await put(url, bytes, { headers, signal, onProgress })
  if (etag === null) throw new HiddenEtagError(url)
  return etag
}

/** Without the ETag of every part S3 cannot put the file together. */
class HiddenEtagError extends Error {
  constructor(url: string) {
    super(
      `Storage at ${new URL(url).host} does not let this page read the ETag of a part. ` +
        'Add ETag to ExposeHeaders in the CORS rules of the bucket, then try again.',
    )
  }
}
