import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { ApiError } from '../../api/call'
import { deleteMovie, type WholeMovie } from '../../api/movies'
import { ConfirmDialog } from '../../ui/confirm-dialog'

interface Props {
  movie: WholeMovie
  onDeleted: () => void
  onClose: () => void
}

/** Asks before a movie is gone with all its episodes and their videos. */
export function DeleteMovie({ movie, onDeleted, onClose }: Props): JSX.Element {
  // The one that was meant when the question was asked.
  const { id, title, items } = useRef(movie).current
  const onConfirm = async (): Promise<void> => {
    await deleteMovie(id).catch((error: unknown) => {
      // Somebody was faster.
      if (!(error instanceof ApiError && error.status === 404)) throw error
    })
    onDeleted()
  }
  return (
    <ConfirmDialog question="Delete this movie?" yes="Delete" no="Keep it" onConfirm={onConfirm} onClose={onClose}>
      <p>“{title}” will be removed{wordsFor(items.length, items.filter(({ video_id }) => video_id).length)}. This cannot be undone.</p>
    </ConfirmDialog>
  )
}

function wordsFor(episodes: number, videos: number): string {
  if (episodes === 0) return ''
  const counted = (count: number, one: string): string => (count === 1 ? `1 ${one}` : `${count.toLocaleString()} ${one}s`)
  const also = videos > 0 ? ` and ${counted(videos, 'video')}` : ''
  return `, with ${counted(episodes, 'episode')}${also} and all their files`
}
