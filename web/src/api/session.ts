import { request, signedIn } from './request'

/** Exchanges the access token for the session cookie. */
export async function signIn(token: string): Promise<void> {
  await request<void>('POST', '/session', { body: { token } })
}

export async function signOut(): Promise<void> {
  await request<void>('DELETE', '/session')
  signedIn.value = false
}

/** Asks whether the cookie is good; the answer lands in `signedIn`. */
export async function checkSession(): Promise<void> {
  await request<unknown>('GET', '/session')
}
