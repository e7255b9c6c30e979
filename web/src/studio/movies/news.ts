import type { WholeMovie } from '../../api/movies'
import type { News } from '../../live'

/** The movie with what was heard of one of its episodes. */
export function withNews(movie: WholeMovie, { id, status, failure = null }: News['episode']): WholeMovie {
  if (status === 'deleted') return movie
  return { ...movie, items: movie.items.map((episode) => (episode.id === id ? { ...episode, status, failure } : episode)) }
}
