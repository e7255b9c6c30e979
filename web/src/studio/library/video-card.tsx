import type { JSX } from 'preact'
import { mayChange } from '../../api/session'
import type { Video } from '../../api/types'
import { formatDay } from '../../format'
import { clock } from '../../player/clock'
import { videoPath } from '../../router'
import { DeleteButton } from '../../ui/delete-button'
import { Poster } from '../../ui/poster'
import { ProcessingProgress, StatusChip } from '../../ui/status'
import { renewAddresses } from '../../videos'
import { SelectBox } from './select-box'

export interface ItemProps {
  video: Video
  isSelectable: boolean
  onDelete: () => void
}

export function VideoCard({ video, isSelectable, onDelete }: ItemProps): JSX.Element {
  return (
    <li class="card" data-state={video.status}>
      {isSelectable && <SelectBox video={video} />}
      {/* The title below is the same link; one of them is enough for a keyboard. */}
      <a class="card-picture" href={videoPath(video.id)} tabIndex={-1} aria-hidden="true">
        <Poster url={video.playback?.poster} onBroken={() => renewAddresses(video.id)} />
        {video.duration_s !== null && <span class="card-duration number">{clock(video.duration_s)}</span>}
      </a>
      <div class="card-body">
        <a class="card-title" href={videoPath(video.id)}>{video.title}</a>
        <div class="card-foot">
          <StatusChip status={video.status} />
          <time class="quiet" dateTime={video.created_at}>{formatDay(video.created_at)}</time>
          {mayChange.value && <DeleteButton title={video.title} onClick={onDelete} />}
        </div>
        {video.status === 'processing' && <ProcessingProgress video={video} />}
        {video.failure && <p class="row-error">{video.failure.message}</p>}
      </div>
    </li>
  )
}
