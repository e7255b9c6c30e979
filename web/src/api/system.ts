import { request } from './request'

/** What one check found. */
export interface Finding {
  what: string
  ok: boolean
  /** What was seen, or what to do. */
  detail: string
}

export interface System {
  version: string
  findings: Finding[]
}

export interface StorageUse {
  objects: number
  bytes: number
  /** Most bytes first. */
  kinds: { kind: string; objects: number; bytes: number }[]
  /** Signed addresses since the server started. */
  urls: { hits: number; misses: number }
}

export type Scope = 'full' | 'read'

/** An API key without its text, which is shown once. */
export interface Token {
  /** The start of its hash. */
  id: string
  name: string
  scope: Scope
  created_at: string
}

export const getSystem = (): Promise<System> => request<System>('GET', '/system')

export const getStorage = (): Promise<StorageUse> => request<StorageUse>('GET', '/storage')

export async function listTokens(): Promise<Token[]> {
  return (await request<{ items: Token[] }>('GET', '/tokens')).items
}

/** Answers with the text of the new key, which is never seen again. */
export async function createToken(name: string, scope: Scope): Promise<string> {
  return (await request<{ token: string }>('POST', '/tokens', { body: { name, scope } })).token
}

export function revokeToken(id: string): Promise<void> {
  return request<void>('DELETE', `/tokens/${encodeURIComponent(id)}`)
}
