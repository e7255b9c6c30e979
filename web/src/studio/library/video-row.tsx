import type { JSX } from 'preact'
import { mayChange } from '../../api/session'
import { formatDay } from '../../format'
import { clock } from '../../player/clock'
import { videoPath } from '../../router'
import { DeleteButton } from '../../ui/delete-button'
import { Poster } from '../../ui/poster'
import { ProcessingProgress, StatusChip } from '../../ui/status'
import { renewAddresses } from '../../videos'
import { SelectBox } from './select-box'
import type { ItemProps } from './video-card'

/** A video in the list: one line, for looking through many. */
export function VideoRow({ video, isSelectable, onDelete }: ItemProps): JSX.Element {
  return (
    <li class="video-row" data-state={video.status}>
      {isSelectable && <SelectBox video={video} />}
      <Poster url={video.playback?.poster} onBroken={() => renewAddresses(video.id)} />
      <div>
        <a class="card-title" href={videoPath(video.id)}>{video.title}</a>
        {video.status === 'processing' && <ProcessingProgress video={video} />}
        {video.failure && <p class="row-error">{video.failure.message}</p>}
      </div>
      <StatusChip status={video.status} />
      <span class="quiet number">{video.duration_s === null ? '' : clock(video.duration_s)}</span>
      <time class="quiet" dateTime={video.created_at}>{formatDay(video.created_at)}</time>
      {mayChange.value && <DeleteButton title={video.title} onClick={onDelete} />}
    </li>
  )
}
