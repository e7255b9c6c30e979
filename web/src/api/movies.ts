import { request } from './request'
import type { Failure } from './types'

export type EpisodeStatus = 'pending' | 'importing' | 'stored' | 'failed'

/** How far the episodes of a movie are. */
export interface EpisodeCounts {
  total: number
  stored: number
  failed: number
}

export interface Movie {
  id: string
  title: string
  episodes: EpisodeCounts
  created_at: string
}

/** A file of an episode: in storage, or where it was found. */
export interface EpisodeFile {
  url: string
  stored: boolean
}

export interface Episode {
  id: string
  number: number
  title: string
  status: EpisodeStatus
  thumbnail: EpisodeFile | null
  /** In Base64. */
  thumbhash: string | null
  preview: EpisodeFile | null
  video_id: string | null
  failure: Failure | null
}

export interface WholeMovie extends Movie {
  /** By number. */
  items: Episode[]
}

export interface MoviePage {
  items: Movie[]
  next_cursor: string | null
}

const address = (id: string): string => `/movies/${encodeURIComponent(id)}`

export function listMovies(query: URLSearchParams): Promise<MoviePage> {
  return request<MoviePage>('GET', `/movies?${query}`)
}

export function getMovie(id: string): Promise<WholeMovie> {
  return request<WholeMovie>('GET', address(id))
}

export function createMovie(title: string): Promise<Movie> {
  return request<Movie>('POST', '/movies', { body: { title } })
}

/** Episodes as catalogues give them; all of them or none. Answers with their number. */
export async function importEpisodes(id: string, episodes: readonly unknown[]): Promise<number> {
  return (await request<{ items: Episode[] }>('POST', `${address(id)}/episodes/import`, { body: episodes })).items.length
}

export async function retryFailedEpisodes(id: string): Promise<number> {
  return (await request<{ retried: number }>('POST', `${address(id)}/retry-failed`)).retried
}

export function deleteMovie(id: string): Promise<void> {
  return request<void>('DELETE', address(id))
}
