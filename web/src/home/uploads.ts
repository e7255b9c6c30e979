import { computed, effect } from '@preact/signals'
import { request, signedIn } from '../api/request'
import { UploadApi } from '../api/uploads'
import { videoPath } from '../router'
import { notify } from '../ui/notice'
import { UploadQueue, type Arrived, type Ids, type Upload } from '../uploader/queue'
import { withRetries } from '../uploader/retry'
import { loadVideo, renewAddresses, shelve, videos } from '../videos'

/** What is uploaded from this page; the list stays while people look at other pages. */
export const queue = new UploadQueue({
  api: new UploadApi(request),
  origin: '',
  maySend: computed(() => signedIn.value === true),
  follow,
  renewPoster: ({ videoId }) => renewAddresses(videoId),
  notify,
})

function follow(upload: Upload, { videoId }: Ids): void {
  withRetries(() => loadVideo(videoId), upload.cancellation.signal).then(() => shelve(videoId), () => {
    if (upload.cancellation.signal.aborted) return
    notify(`${upload.file.name} has arrived. Reload the page to see it.`)
    queue.remove((other) => other === upload)
  })
}

// From here the stream of news tells how it goes on; a video that is deleted in the library leaves the list as well.
effect(() => {
  for (const { sending, ids, arrived } of queue.uploads.value) {
    const state = sending.value.step === 'sent' && ids.value && stateOf(ids.value.videoId)
    if (state) arrived.value = state
  }
  queue.remove(({ ids, arrived }) => arrived.peek() !== undefined && ids.value !== null && !videos.value.has(ids.value.videoId))
})

function stateOf(id: string): Arrived | undefined {
  const video = videos.value.get(id)
  if (!video) return undefined
  const { status, progress, playable, failure, playback } = video
  return { status, progress, playable, failure: failure?.message, poster: playback?.poster ?? undefined, watch: videoPath(id) }
}
