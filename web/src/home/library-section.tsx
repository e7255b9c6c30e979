import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Video } from '../api/types'
import { loadFirstPage, loadNextPage, shelf, videos } from '../library'
import { DeleteDialog } from '../ui/delete-dialog'
import { Trouble } from '../ui/trouble'
import { EmptyLibrary } from './empty-library'
import { uploads } from './upload-queue'
import { VideoCard } from './video-card'

export function LibrarySection(): JSX.Element {
  const [doomed, setDoomed] = useState<Video | null>(null)
  useEffect(() => void loadFirstPage(), [])
  const { ids, nextCursor, state, message } = shelf.value
  const shown = ids.flatMap((id) => videos.value.get(id) ?? []).filter((video) => !isInUploadList(video))
  return (
    <section aria-labelledby="library-title">
      <h2 id="library-title">Library</h2>
      <ul class="cards">
        {shown.map((video) => <VideoCard key={video.id} video={video} onDelete={() => setDoomed(video)} />)}
      </ul>
      {state === 'loaded' && shown.length === 0 && uploads.value.length === 0 && <EmptyLibrary />}
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

/** A video that is still in the making above the library would be there twice. */
function isInUploadList(video: Video): boolean {
  return video.status !== 'ready' && uploads.value.some(({ videoId }) => videoId.value === video.id)
}
