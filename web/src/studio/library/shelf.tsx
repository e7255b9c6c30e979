import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Video } from '../api/types'
import { EVERYTHING, pathOf } from '../filter'
import { filter, loadFirstPage, loadNextPage, setFilter, shelf, videos } from '../library'
import { DeleteDialog } from '../ui/delete-dialog'
import { Trouble } from '../ui/trouble'
import { EmptyLibrary } from './empty-library'
import { LibraryFilter } from './library-filter'
import { uploads } from './upload-queue'
import { VideoCard } from './video-card'

export function LibrarySection(): JSX.Element {
  const [doomed, setDoomed] = useState<Video | null>(null)
  useEffect(() => void loadFirstPage(), [filter.value])
  const { ids, nextCursor, state, message } = shelf.value
  const shown = ids.flatMap((id) => videos.value.get(id) ?? []).filter((video) => !isInUploadList(video))
  const isFiltered = pathOf(filter.value) !== '/'
  return (
    <section aria-labelledby="library-title">
      <div class="library-head">
        <h2 id="library-title">Library</h2>
        {(isFiltered || ids.length > 1) && <LibraryFilter />}
      </div>
      <ul class="cards">
        {shown.map((video) => <VideoCard key={video.id} video={video} onDelete={() => setDoomed(video)} />)}
      </ul>
      {state === 'loaded' && shown.length === 0 && isFiltered && <NothingFound />}
      {state === 'loaded' && shown.length === 0 && !isFiltered && uploads.value.length === 0 && <EmptyLibrary />}
      {state === 'failed' && (
        <Trouble message={message} onRetry={() => void (ids.length > 0 ? loadNextPage() : loadFirstPage())} />
      )}
      {nextCursor && state !== 'failed' && (
        <button type="button" class="more" disabled={state === 'loading'} onClick={() => void loadNextPage()}>Load more</button>
      )}
      {doomed && <DeleteDialog video={doomed} onClose={() => setDoomed(null)} />}
    </section>
  )
}

function NothingFound(): JSX.Element {
  return (
    <div class="empty">
      <h3>No video matches</h3>
      <p>Text is looked for in titles, descriptions and tags.</p>
      <button type="button" onClick={() => setFilter(EVERYTHING)}>Show every video</button>
    </div>
  )
}

/** A video that is still in the making above the library would be there twice. */
function isInUploadList(video: Video): boolean {
  return video.status !== 'ready' && uploads.value.some(({ videoId }) => videoId.value === video.id)
}
