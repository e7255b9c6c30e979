import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Video } from '../../api/types'
import { queue } from '../../home/uploads'
import { DeleteDialog } from '../../ui/delete-dialog'
import { Trouble } from '../../ui/trouble'
import { filter, loadFirstPage, loadNextPage, setFilter, shelf, videos } from '../../videos'
import { EmptyLibrary } from './empty-library'
import { EVERYTHING, isEverything } from './filter'
import { Skeletons } from './skeletons'
import { VideoCard } from './video-card'
import { VideoRow } from './video-row'
import type { View } from './view'

interface Props {
  view: View
  isSelectable?: boolean
  /** Leaves out what is still in the making above. */
  withoutUploads?: boolean
}

/** The videos that are looked for, with what there is to do about each. */
export function Shelf({ view, isSelectable = false, withoutUploads = false }: Props): JSX.Element {
  const [doomed, setDoomed] = useState<Video | null>(null)
  useEffect(() => void loadFirstPage(), [filter.value])
  const { ids, nextCursor, state, message } = shelf.value
  const all = ids.flatMap((id) => videos.value.get(id) ?? [])
  const shown = withoutUploads ? all.filter((video) => !isInUploadList(video)) : all
  const isEmpty = state === 'loaded' && shown.length === 0
  const Item = view === 'list' ? VideoRow : VideoCard
  return (
    <>
      {state === 'loading' && ids.length === 0 && <Skeletons view={view} />}
      <ul class={view === 'list' ? 'video-rows' : 'cards'} aria-label="Videos">
        {shown.map((video) => (
          <Item key={video.id} video={video} isSelectable={isSelectable} onDelete={() => setDoomed(video)} />
        ))}
      </ul>
      {isEmpty && !isEverything(filter.value) && <NothingFound />}
      {isEmpty && isEverything(filter.value) && queue.uploads.value.length === 0 && <EmptyLibrary />}
      {state === 'failed' && (
        <Trouble message={message} onRetry={() => void (ids.length > 0 ? loadNextPage() : loadFirstPage())} />
      )}
      {nextCursor && state !== 'failed' && (
        <button type="button" class="more" disabled={state === 'loading'} onClick={() => void loadNextPage()}>Load more</button>
      )}
      {doomed && <DeleteDialog videos={[doomed]} onClose={() => setDoomed(null)} />}
    </>
  )
}

function NothingFound(): JSX.Element {
  return (
    <div class="empty">
      <h2>No video matches</h2>
      <p>Text is looked for in titles, descriptions and tags.</p>
      <button type="button" onClick={() => setFilter(EVERYTHING)}>Show every video</button>
    </div>
  )
}

/** A video that is still in the making above the library would be there twice. */
function isInUploadList(video: Video): boolean {
  return video.status !== 'ready' && queue.uploads.value.some(({ ids }) => ids.value?.videoId === video.id)
}
