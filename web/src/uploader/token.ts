import { ApiError, read, send, type Call } from '../api/call'

/** Where upload tokens come from; it is told which one was refused, if one was. */
export type TokenSource = (refused: string | null) => Promise<string>

/** Calls the API of another site with upload tokens; one that is refused is replaced once. */
export function callWithToken(origin: string, source: TokenSource): Call {
  return async <T>(method: string, path: string, options = {}): Promise<T> => {
    const attempt = (token: string): Promise<Response> =>
      send(`${origin}/api/v1${path}`, method, options, { authorization: `Bearer ${token}` })
    const token = await source(null)
    const response = await attempt(token)
    return read<T>(response.status === 401 ? await attempt(await source(token)) : response)
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

/** Asks the page's own site, with its cookies: the answer is the token alone, or `{"token": "…"}` as the API has given it. */
export async function tokenFrom(url: string): Promise<string> {
  const response = await send(url, 'POST')
  if (!response.ok) throw new ApiError(response.status, 'no_token', `This site gave no permission to upload (${response.status}).`)
  const text = (await response.text()).trim()
  return text.startsWith('{') ? String((JSON.parse(text) as { token?: unknown }).token) : text
}
