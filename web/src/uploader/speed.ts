/** Speed is taken over this stretch: shorter jumps about, longer lags behind a change. */
const WINDOW_MS = 6000

interface Sample {
  atMs: number
  bytes: number
}

/** Measures the speed of a counter of bytes that can also step back, when a part is sent again. */
export class SpeedMeter {
  private samples: Sample[] = []

  add(atMs: number, bytes: number): void {
    const last = this.samples.at(-1)
    if (last && bytes < last.bytes) this.samples = []
    this.samples.push({ atMs, bytes })
    while (this.samples.length > 2 && atMs - (this.samples[0]?.atMs ?? atMs) > WINDOW_MS) this.samples.shift()
  }

  /** `null` until a second of samples makes a speed worth showing. */
  bytesPerSecond(): number | null {
    const [first, last] = [this.samples[0], this.samples.at(-1)]
    if (!first || !last || last.atMs - first.atMs < 1000) return null
    return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
  }
}
