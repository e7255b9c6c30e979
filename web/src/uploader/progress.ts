/** Reports at most so often: more would only be painted over. */
const INTERVAL_MS = 100

/** What has arrived of a file, in all and part by part. */
export interface Sent {
  bytes: number
  /** Of each part what has arrived, 0 to 1; empty when the file goes in one piece. */
  parts: readonly number[]
}

/** Adds up the bytes of parts that are on their way at the same time, some of them again. */
export class Progress {
  private readonly sent: number[]
  private last = -Infinity

  constructor(
    private readonly sizes: readonly number[],
    private readonly report: (sent: Sent) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.sent = sizes.map(() => 0)
  }

  /** `index` counts from 0. */
  set(index: number, bytes: number): void {
    this.sent[index] = bytes
    const isWhole = bytes === this.sizes[index]
    if (!isWhole && this.now() - this.last < INTERVAL_MS) return
    this.last = this.now()
    this.tell()
  }

  tell(): void {
    const parts = this.sent.map((bytes, index) => bytes / (this.sizes[index] || 1))
    this.report({ bytes: this.sent.reduce((sum, bytes) => sum + bytes, 0), parts })
  }
}

/** At most `max` shares that stand for all parts, neighbours put together. */
export function cells(parts: readonly number[], max: number): number[] {
  const perCell = Math.ceil(parts.length / max)
  const all: number[] = []
  for (let start = 0; start < parts.length; start += perCell) {
    const group = parts.slice(start, start + perCell)
    all.push(group.reduce((sum, share) => sum + share, 0) / group.length)
  }
  return all
}
