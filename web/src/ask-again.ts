import { ApiError } from './api/call'
import { pause } from './uploader/retry'

export interface AskOptions<T> {
  /** Nothing more is to be expected after this answer. */
  isLast: (answer: T) => boolean
  /** The first wait between two questions; each is half as long again. */
  firstWaitMs: number
  longestWaitMs: number
  signal: AbortSignal
}

/** Asks now and again, more and more rarely, until the last answer. Ends with a rejection when what it asks for is not there. */
export async function askAgain<T>(ask: () => Promise<T>, { isLast, firstWaitMs, longestWaitMs, signal }: AskOptions<T>): Promise<void> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
    try {
      if (isLast(await ask())) return
    } catch (error) {
      // Nothing but this refusal is final.
      if (signal.aborted || (error instanceof ApiError && (error.status === 404 || error.status === 410))) throw error
    }
    await pause(waitMs, signal)
  }
}
