/** Why playback stopped, with a sentence for the viewer. */
export class PlaybackError extends Error {
  constructor(
    readonly code: 'expired' | 'network' | 'unsupported' | 'decode' | 'manifest',
    message: string,
  ) {
    super(message)
  }
}

const MAX_RETRIES = 3
const FIRST_DELAY_MS = 1000
/** A segment that takes this long for its 4 s cannot be played in time; the connection may be dead. */
const TIMEOUT_MS = 30_000
/** A connection that brings nothing for this long is given up: another try often finds a better one. */
const STALL_MS = 8_000

export interface FetchOptions {
  signal: AbortSignal
  /** Called on 403, which means that a signed address has expired; answers with the new one. Left out, the address is the only one. */
  renew?: (() => Promise<string>) | undefined
  /** Told how many bytes of the try under way are here. */
  onBytes?: ((loaded: number) => void) | undefined
}

export interface Fetched {
  bytes: ArrayBuffer
  /** The address after redirects. */
  url: string
  /** Of the try that succeeded. */
  elapsedMs: number
}

/** Fetches with three retries after 1, 2 and 4 s. Answers that trying again cannot change end at once. */
export async function fetchPatiently(url: string, { signal, renew, onBytes }: FetchOptions): Promise<Fetched> {
  for (let retry = 0; ; retry++) {
    const result = await attempt(url, signal, onBytes)
    signal.throwIfAborted()
    if (typeof result !== 'number') return result
    if (!renew && isGone(result)) throw new PlaybackError('expired', 'The address of this video no longer works.')
    if (retry === MAX_RETRIES || !isWorthRetrying(result)) throw new PlaybackError('network', sentenceFor(result))
    if (result === 403 && renew) url = await renew()
    // The first new address is tried at once; one that is refused as well waits like everything else.
    if (result !== 403 || retry > 0) await wait(FIRST_DELAY_MS * 2 ** retry, signal)
  }
}

/** Answers with the status when there are no bytes, 0 when the connection broke or stood still. */
async function attempt(url: string, signal: AbortSignal, onBytes: FetchOptions['onBytes']): Promise<Fetched | number> {
  const begin = performance.now()
  const stall = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const watch = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => stall.abort(), STALL_MS)
  }
  watch()
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, stall.signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    if (!response.ok) return response.status
    const bytes = await readAll(response, (loaded) => (watch(), onBytes?.(loaded)))
    return { bytes, url: response.url, elapsedMs: performance.now() - begin }
  } catch {
    return 0
  } finally {
    clearTimeout(timer)
  }
}

async function readAll(response: Response, onBytes: (loaded: number) => void): Promise<ArrayBuffer> {
  const reader = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let loaded = 0
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
    chunks.push(next.value)
    loaded += next.value.length
    onBytes(loaded)
  }
  const all = new Uint8Array(loaded)
  let end = 0
  for (const chunk of chunks) {
    all.set(chunk, end)
    end += chunk.length
  }
  return all.buffer
}

// Storage says 403 of an expired signature; a server that keeps quiet about what exists says 404.
function isGone(status: number): boolean {
  return status === 401 || status === 403 || status === 404 || status === 410
}

export function isWorthRetrying(status: number): boolean {
  return status === 0 || status === 403 || status === 408 || status === 429 || status >= 500
}

function sentenceFor(status: number): string {
  if (status === 0) return 'The video could not be reached. Check the connection.'
  return `The video could not be loaded (${status}).`
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => (clearTimeout(timer), reject(signal.reason))
    const timer = setTimeout(() => (signal.removeEventListener('abort', stop), resolve()), ms * (1 + Math.random() / 4))
    signal.addEventListener('abort', stop, { once: true })
  })
}
