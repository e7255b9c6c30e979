import type { JSX } from 'preact'
import type { Video } from '../api/types'
import { formatDate } from '../format'
import { clock } from '../player/clock'
import { watchPath } from '../router'
import { Icon } from '../ui/icon'
import { Poster } from '../ui/poster'
import { ProcessingProgress, StatusChip } from '../ui/status'

export function VideoCard({ video, onDelete }: { video: Video; onDelete: () => void }): JSX.Element {
  return (
    <li class="card" data-state={video.status}>
      <a class="card-link" href={watchPath(video.id)}>
        <span class="card-picture">
          <Poster url={video.playback?.poster} />
          {video.duration_s !== null && <span class="card-duration number">{clock(video.duration_s)}</span>}
        </span>
        <span class="card-title">{video.title}</span>
      </a>
      <div class="card-foot">
        <StatusChip status={video.status} />
        <time class="quiet" dateTime={video.created_at}>{formatDate(video.created_at)}</time>
        <button type="button" class="bare" aria-label={`Delete ${video.title}`} title="Delete" onClick={onDelete}>
          <Icon name="trash" />
        </button>
      </div>
      {video.status === 'processing' && <ProcessingProgress video={video} />}
    </li>
  )
}
