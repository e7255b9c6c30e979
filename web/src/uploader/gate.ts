/** Why nothing is sent at present. */
export type Closure = 'paused' | 'offline'

/** Lets an upload's requests through while it is open. Closing it breaks off what is under way; that does not count as a try. */
export class Gate {
  private readonly closures = new Set<Closure>()
  private closing = new AbortController()
  private waiting: (() => void)[] = []

  constructor(private readonly onChange: (closure: Closure | null) => void = () => {}) {}

  /** `paused` before `offline`: a person has said so. */
  get closure(): Closure | null {
    return this.closures.has('paused') ? 'paused' : this.closures.has('offline') ? 'offline' : null
  }

  close(closure: Closure): void {
    this.closures.add(closure)
    this.closing.abort(new Error(closure))
    this.onChange(this.closure)
  }

  open(closure: Closure): void {
    if (!this.closures.delete(closure)) return
    if (this.closures.size === 0) {
      this.closing = new AbortController()
      for (const go of this.waiting.splice(0)) go()
    }
    this.onChange(this.closure)
  }

  /** Runs `attempt` once the gate is open, and again from the start each time that it has been closed meanwhile. */
  async run<T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      await this.opened(signal)
      const { closing } = this
      try {
        return await attempt(AbortSignal.any([signal, closing.signal]))
      } catch (error) {
        if (signal.aborted || !closing.signal.aborted) throw error
      }
    }
  }

  private async opened(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.closures.size === 0) return
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      this.waiting.push(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
  }
}
