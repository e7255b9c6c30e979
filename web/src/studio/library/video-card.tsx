import type { JSX } from 'preact'
import type { Video } from '../api/types'
import { formatDay } from '../format'
import { renewAddresses } from '../library'
import { clock } from '../player/clock'
import { watchPath } from '../router'
import { Icon } from '../ui/icon'
import { Poster } from '../ui/poster'
import { ProcessingProgress, StatusChip } from '../ui/status'

export function VideoCard({ video, onDelete }: { video: Video; onDelete: () => void }): JSX.Element {
  return (
    <li class="card" data-state={video.status}>
      {/* The title below is the same link; one of them is enough for a keyboard. */}
      <a class="card-picture" href={watchPath(video.id)} tabIndex={-1} aria-hidden="true">
        <Poster url={video.playback?.poster} onBroken={() => renewAddresses(video.id)} />
        {video.duration_s !== null && <span class="card-duration number">{clock(video.duration_s)}</span>}
      </a>
      <div class="card-body">
        <a class="card-title" href={watchPath(video.id)}>{video.title}</a>
        <div class="card-foot">
          <StatusChip status={video.status} />
          <time class="quiet" dateTime={video.created_at}>{formatDay(video.created_at)}</time>
          <button type="button" class="bare" aria-label={`Delete ${video.title}`} title="Delete" onClick={onDelete}>
            <Icon name="trash" />
          </button>
        </div>
        {video.status === 'processing' && <ProcessingProgress video={video} />}
      </div>
    </li>
  )
}
