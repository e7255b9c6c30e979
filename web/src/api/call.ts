/** A refusal of the server: `message` is its sentence, `status` 0 means that no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

interface Problem {
  title?: string
  detail?: string
  code?: string
}

export interface CallOptions {
  /** Sent as JSON, or as it is when `type` names its media type. */
  body?: unknown
  type?: string
  signal?: AbortSignal | undefined
}

/** Calls a route of the API. Answers without a body give `undefined`, so `T` is `void` there. */
export type Call = <T>(method: string, path: string, options?: CallOptions) => Promise<T>

/** Calls the API of this page's own server, whoever is signed in. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  return read<T>(await send(`/api/v1${path}`, method, options))
}

/** What the server has answered. */
export async function read<T>(response: Response): Promise<T> {
  if (!response.ok) throw await problemOf(response)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** Sends a request; an answer of any status is one. */
export async function send(
  url: string,
  method: string,
  { body, type, signal }: CallOptions = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const init: RequestInit = { method, headers: { accept: 'application/json', ...headers } }
  if (signal) init.signal = signal
  if (body !== undefined) {
    init.body = type ? (body as Blob) : JSON.stringify(body)
    init.headers = { ...init.headers, 'content-type': type ?? 'application/json' }
  }
  try {
    return await fetch(url, init)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, 'unreachable', 'The server could not be reached. Check the connection and try again.')
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = await response.json().catch(() => ({})) as Problem
  const sentence = problem.detail ?? problem.title ?? `The server answered ${response.status}.`
  return new ApiError(response.status, problem.code ?? 'unknown', asSentence(sentence))
}

// Problem details are lowercase without a full stop, made for logs; on a page they stand alone.
function asSentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}
