import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Episode, EpisodeStatus } from '../../api/movies'
import { videoPath } from '../../router'
import { Picture } from '../../ui/picture'

/** A movie may have ten thousand. */
const SHOWN_AT_ONCE = 96

const STATUSES: Record<EpisodeStatus, readonly [name: string, chip: string]> = {
  pending: ['Waiting', ''],
  importing: ['On its way', 'chip-processing'],
  stored: ['Stored', 'chip-ready'],
  failed: ['Failed', 'chip-failed'],
}

interface Props {
  /** By number. */
  all: readonly Episode[]
  onBroken: () => void
}

export function Episodes({ all, onBroken }: Props): JSX.Element {
  const [count, setCount] = useState(SHOWN_AT_ONCE)
  return (
    <>
      <ul class="cards episodes" aria-label="Episodes">
        {all.slice(0, count).map((episode) => <EpisodeCard key={episode.id} episode={episode} onBroken={onBroken} />)}
      </ul>
      {all.length > count && <button type="button" class="more" onClick={() => setCount(count + SHOWN_AT_ONCE)}>Show more</button>}
    </>
  )
}

function EpisodeCard({ episode, onBroken }: { episode: Episode; onBroken: () => void }): JSX.Element {
  const { number, title, status, thumbnail, thumbhash, preview, video_id, failure } = episode
  const [name, chip] = STATUSES[status]
  // What is not in storage is on a server that these pages ask nothing of.
  const url = thumbnail?.stored ? thumbnail.url : null
  return (
    <li class="card" data-state={status}>
      <Picture url={url} thumbhash={thumbhash} icon={status === 'failed' ? 'alert' : 'film'} onBroken={onBroken} />
      <div class="card-body">
        <p class="card-title"><span class="quiet number">{number}</span> {video_id ? <a href={videoPath(video_id)}>{title}</a> : title}</p>
        <div class="card-foot">
          <span class={`chip ${chip}`}>{name}</span>
          {preview?.stored && (
            <a class="episode-preview" href={preview.url} target="_blank" rel="noreferrer" aria-label={`Preview of ${title}`}>Preview</a>
          )}
        </div>
        {failure && <p class="row-error">{failure.message} <code>{failure.code}</code></p>}
      </div>
    </li>
  )
}
