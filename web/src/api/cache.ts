import { request } from './request'
import type { Failure } from './types'

/** In the order of a file's life. */
export const ASSET_STATUSES = ['PENDING', 'DOWNLOADING', 'CACHED', 'FAILED'] as const

export type AssetStatus = (typeof ASSET_STATUSES)[number]

/** A file of somebody else's server. */
export interface Asset {
  id: string
  original_url: string
  status: AssetStatus
  /** Whether pictures are made smaller on their way in. */
  optimize: boolean
  content_type: string | null
  size: number | null
  width: number | null
  height: number | null
  /** Given up to make room. */
  evicted: boolean
  failure: Failure | null
  /** When somebody last asked for its address. */
  used_at: string
  created_at: string
}

export interface AssetPage {
  items: Asset[]
  next_cursor: string | null
}

export interface CacheStats {
  pending: number
  downloading: number
  cached: number
  failed: number
  total: number
  /** Assets with equal bytes share one. */
  objects: number
  bytes: number
  /** Null without a limit. */
  budget_bytes: number | null
}

/** What a clean-up has removed, or would remove. */
export interface CleanedUp {
  assets: number
  bytes: number
}

const ROOT = '/cache-assets'
const address = (id: string): string => `${ROOT}/${encodeURIComponent(id)}`

export function listAssets(query: URLSearchParams): Promise<AssetPage> {
  return request<AssetPage>('GET', `${ROOT}?${query}`)
}

export const getCacheStats = (): Promise<CacheStats> => request<CacheStats>('GET', `${ROOT}/stats`)

/** Has files fetched; an address that is known keeps its id. */
export async function addAssets(urls: readonly string[], optimize: boolean): Promise<Asset[]> {
  return (await request<{ items: Asset[] }>('POST', ROOT, { body: { urls, optimize } })).items
}

/** Where the file is to be had now. */
export async function urlOfAsset(id: string): Promise<string | null> {
  return (await request<{ url: string | null }>('GET', `${address(id)}/url`)).url
}

/** Has the file fetched once more. */
export function refreshAsset(id: string): Promise<Asset> {
  return request<Asset>('POST', `${address(id)}/refresh`)
}

export async function retryFailedAssets(): Promise<number> {
  return (await request<{ retried: number }>('POST', `${ROOT}/retry-failed`)).retried
}

/** Removes what nobody has asked for in so many days, or with `dryRun` tells what that would be. */
export function cleanUpAssets(days: number, dryRun: boolean): Promise<CleanedUp> {
  return request<CleanedUp>('POST', `${ROOT}/cleanup?older_than_days=${days}&dry_run=${dryRun}`)
}

export function deleteAsset(id: string): Promise<void> {
  return request<void>('DELETE', address(id))
}
