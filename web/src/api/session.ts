import { signal } from '@preact/signals'
import { request, signedIn } from './request'
import type { Scope } from './system'

/** Whether whoever is signed in may change anything; others see everything and no buttons for it. */
export const mayChange = signal(true)

/** Exchanges the access token for the session cookie. */
export async function signIn(token: string): Promise<void> {
  await request<void>('POST', '/session', { body: { token } })
  await checkSession()
}

export async function signOut(): Promise<void> {
  await request<void>('DELETE', '/session')
  signedIn.value = false
}

/** Asks whether the cookie is good; the answer lands in `signedIn` and `mayChange`. */
export async function checkSession(): Promise<void> {
  const { scope } = await request<{ scope: Scope }>('GET', '/session')
  mayChange.value = scope === 'full'
}
