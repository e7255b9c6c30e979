import type { PartUrl } from '../api/types'
import type { UploadApi } from '../api/uploads'

/** Parts signed in one call: few calls, and slow connections use a URL long before its hour is over. */
const BATCH = 20

/** Hands out presigned URLs of parts, signing the next ones in batches when the first of them is wanted. */
export class PartUrls {
  private readonly signed = new Map<number, PartUrl>()
  private signing: Promise<void> | null = null

  /** `numbers` are the parts still to be sent, in the order they will be asked for. */
  constructor(
    private readonly api: UploadApi,
    private readonly uploadId: string,
    private readonly numbers: readonly number[],
    private readonly signal: AbortSignal,
  ) {}

  async get(number: number): Promise<PartUrl> {
    for (;;) {
      const known = this.signed.get(number)
      if (known) return known
      // Lanes ask at the same time: one call serves them all, and the loop looks again.
      this.signing ??= this.sign(number).finally(() => (this.signing = null))
      await this.signing
    }
  }

  /** After a 403: URLs signed together expire together. */
  forget(): void {
    this.signed.clear()
  }

  private async sign(first: number): Promise<void> {
    const from = this.numbers.indexOf(first)
    const batch = this.numbers.slice(from, from + BATCH)
    const urls = await this.api.signParts(this.uploadId, batch, this.signal)
    for (const url of urls) this.signed.set(url.number, url)
    if (!this.signed.has(first)) throw new Error(`The server did not sign part ${first}.`)
  }
}
