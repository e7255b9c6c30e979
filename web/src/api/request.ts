import { signal } from '@preact/signals'
import { ApiError, call, type CallOptions } from './call'

/** `null` until the first answer tells. Every 401 sets it to false, and the sign-in page takes over. */
export const signedIn = signal<boolean | null>(null)

/** True when a session that was good has ended by itself. */
export const sessionEnded = signal(false)

/** Calls the API for whoever is signed in, and notes when nobody is any more. */
export async function request<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  try {
    const answer = await call<T>(method, path, options)
    signedIn.value = true
    sessionEnded.value = false
    return answer
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) noteEnd()
    throw error
  }
}

function noteEnd(): void {
  if (signedIn.value) sessionEnded.value = true
  signedIn.value = false
}
