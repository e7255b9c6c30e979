/** Parts of one file on their way at the same time: browsers allow six connections to a host over HTTP/1.1. */
export const MAX_LANES = 3

/** So many parts in a row without trouble win a lane back. */
const STREAK = 6

/** Runs tasks side by side: fewer while they meet trouble, more again when they do not. */
export class Lanes {
  private width = MAX_LANES
  private streak = 0

  /** Runs `task` for every item, in order. The first failure ends it; tasks under way are left to their own signal. */
  async each<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
    const queue = [...items]
    const running = new Set<Promise<void>>()
    while (queue.length > 0 || running.size > 0) {
      while (running.size < this.width && queue.length > 0) {
        const next = task(queue.shift() as T).finally(() => running.delete(next))
        running.add(next)
      }
      await Promise.race(running)
    }
  }

  /** A try has failed: a line or a server that has too much to do gets less. */
  trouble(): void {
    this.width = Math.max(1, this.width - 1)
    this.streak = 0
  }

  /** A part has arrived. */
  success(): void {
    this.streak++
    if (this.streak < STREAK || this.width === MAX_LANES) return
    this.width++
    this.streak = 0
  }

  get count(): number {
    return this.width
  }
}
