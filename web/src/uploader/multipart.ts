import type { MultipartUpload, StoredPart } from '../api/types'
import { PartUrls } from './part-urls'
import { keptParts, planParts, type Part } from './plan'
import { put } from './put'
import { withRetries } from './retry'

/** Parts of one file on their way at the same time: browsers allow six connections to a host over HTTP/1.1. */
const LANES = 3

export interface SentPart {
  number: number
  etag: string
}

/** Sends the parts that storage lacks and answers with all of them, in order. */
export async function sendParts(
  file: File,
  upload: MultipartUpload,
  stored: readonly StoredPart[],
  signal: AbortSignal,
  onProgress: (sentBytes: number) => void,
): Promise<SentPart[]> {
  const plan = planParts(file.size, upload.part_size)
  const kept = keptParts(plan, stored)
  const sent = new Map<number, string>(kept.map(({ number, etag }) => [number, etag]))
  const queue = plan.filter(({ number }) => !sent.has(number))
  const progress = new Progress(kept.reduce((sum, { size }) => sum + size, 0), onProgress)

  // One lane that fails for good stops the others, which would only send bytes in vain.
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const urls = new PartUrls(upload.id, queue.map(({ number }) => number), either)
  const lane = async (): Promise<void> => {
    for (let part = queue.shift(); part; part = queue.shift())
      sent.set(part.number, await sendPart(file, part, urls, either, progress))
  }
  try {
    await Promise.all(Array.from({ length: LANES }, lane))
  } catch (error) {
    failure.abort(error)
    throw error
  }
  return plan.map(({ number }) => ({ number, etag: sent.get(number) ?? '' }))
}

async function sendPart(file: File, part: Part, urls: PartUrls, signal: AbortSignal, progress: Progress): Promise<string> {
  const bytes = file.slice(part.start, part.end)
  const attempt = async (): Promise<string> => {
    progress.set(part.number, 0)
    const { url, headers = {} } = await urls.get(part.number)
    const onProgress = (sentBytes: number): void => progress.set(part.number, sentBytes)
    const etag = await put(url, bytes, { headers, signal, onProgress })
    if (etag === null) throw new HiddenEtagError(url)
    return etag
  }
  const etag = await withRetries(attempt, signal, () => urls.forget())
  progress.set(part.number, bytes.size)
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

class Progress {
  private readonly sentBytes = new Map<number, number>()

  constructor(
    private readonly keptBytes: number,
    private readonly report: (sentBytes: number) => void,
  ) {
    report(keptBytes)
  }

  set(part: number, bytes: number): void {
    this.sentBytes.set(part, bytes)
    let sum = this.keptBytes
    for (const sent of this.sentBytes.values()) sum += sent
    this.report(sum)
  }
}
