/** What a failed PUT to storage calls for. */
export type Verdict = 'retry' | 'sign-again' | 'final'

/** One try and three retries. */
export const MAX_RETRIES = 3

const FIRST_DELAY_MS = 1000

/** `status` 0 stands for no answer at all. Storage answers 403 when the presigned URL has expired. */
export function verdictOn(status: number): Verdict {
  if (status === 403) return 'sign-again'
  return status === 0 || status === 408 || status === 429 || status >= 500 ? 'retry' : 'final'
}

/** 1, 2, 4 s and up to a quarter more, so that parts failing together do not return together. */
export function retryDelayMs(retry: number, random: () => number): number {
  return FIRST_DELAY_MS * 2 ** retry * (1 + random() / 4)
}

/** Resolves after `ms`, rejects at once when `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Runs `attempt` again while its failure deserves it. Without `onExpired`, which gets a new URL, a 403 is final. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  onExpired?: () => Promise<void> | void,
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt()
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const verdict = error instanceof Error && 'status' in error ? verdictOn(Number(error.status)) : 'final'
      if (verdict === 'final' || retry === MAX_RETRIES) throw error
      if (verdict === 'retry') await pause(retryDelayMs(retry, Math.random), signal)
      else if (onExpired) await onExpired()
      else throw error
    }
  }
}
