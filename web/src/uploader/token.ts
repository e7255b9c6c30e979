import { ApiError, read, send, type Call, type CallOptions } from '../api/call'

/** What a token looks like; a page that asks people to sign in does not. */
const TOKEN = /^[\w.~-]{1,1000}$/

/** The page's own site gives no token. It is no answer of Telecine, which would mean something for the upload. */
export class NoTokenError extends Error {
  /** Of the site, where trying again may help; 0 when it was not reached. */
  readonly status?: number

  constructor(message: string, status?: number) {
    super(message)
    if (status !== undefined && (status === 0 || status === 429 || status >= 500)) this.status = status
  }
}

/** Where upload tokens come from; it is told which one was refused, if one was. */
export type TokenSource = (refused: string | null) => Promise<string>

/** Calls the API of another site with upload tokens; one that is refused is replaced once. */
export function callWithToken(origin: string, source: TokenSource): Call {
  return async <T>(method: string, path: string, options: CallOptions = {}): Promise<T> => {
    const attempt = (token: string): Promise<Response> =>
      send(`${origin}/api/v1${path}`, method, options, { authorization: `Bearer ${token}` })
    const token = await unlessAborted(source(null), options.signal)
    const response = await attempt(token)
    return read<T>(response.status === 401 ? await attempt(await unlessAborted(source(token), options.signal)) : response)
  }
}

/** Keeps a token until it is refused; questions at the same time get the same answer. */
export function keepingToken(ask: () => Promise<string>): TokenSource {
  let kept: Promise<string> | null = null
  return async (refused) => {
    const last = kept
    const isRefused = last !== null && refused !== null && (await last.catch(() => null)) === refused
    // Somebody else may have asked meanwhile.
    if (isRefused && kept === last) kept = null
    const asked = (kept ??= ask())
    // A question without an answer is asked again.
    return asked.catch((error: unknown) => {
      if (kept === asked) kept = null
      throw error
    })
  }
}

/** Whoever goes does not wait for a token. */
function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return asked
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Asks the page's own site, with its cookies: the answer is the token alone, or `{"token": "…"}` as the API has given it. */
export async function tokenFrom(url: string): Promise<string> {
  const response = await send(url, 'POST').catch((error: unknown) => {
    throw error instanceof ApiError ? new NoTokenError('This site could not be reached. Check the connection and try again.', 0) : error
  })
  if (!response.ok) throw new NoTokenError(`This site gave no permission to upload (${response.status}).`, response.status)
  return checked(tokenIn((await response.text()).trim()))
}

function tokenIn(text: string): unknown {
  if (!text.startsWith('{')) return text
  try {
    return (JSON.parse(text) as { token?: unknown }).token
  } catch {
    return text
  }
}

/** The token, if it is one. */
export function checked(token: unknown): string {
  if (typeof token === 'string' && TOKEN.test(token)) return token
  throw new NoTokenError('This site gave something that is no upload token. Sign in again, or tell the site.')
}
