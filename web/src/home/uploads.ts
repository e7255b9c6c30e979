import { computed, effect } from '@preact/signals'
import { request, signedIn } from '../api/request'
import { UploadApi } from '../api/uploads'
import { videoPath } from '../router'
import { notify } from '../ui/notice'
import { UploadQueue, type Arrived, type Ids, type Upload } from '../uploader/queue'
import { isReachable } from '../uploader/reach'
import { withRetries } from '../uploader/retry'
import { loadVideo, renewAddresses, shelve, videos } from '../videos'

/** What is uploaded from this page; the list stays while people look at other pages. */
export const queue = new UploadQueue({
  api: new UploadApi(request),
  maySend: computed(() => signedIn.value === true),
  isReachable: () => isReachable(''),
  follow,
  renewPoster: ({ videoId }) => renewAddresses(videoId),
  notify,
})

async function follow(upload: Upload, { videoId }: Ids): Promise<void> {
  await withRetries(() => loadVideo(videoId), upload.cancellation.signal)
  shelve(videoId)
}

// From here the stream of news tells how it goes on; a video that is deleted in the library leaves the list as well.
effect(() => {
  for (const { sending, ids, arrived } of queue.uploads.value)
    if (sending.value.step === 'sent' && ids.value) arrived.value = stateOf(ids.value.videoId)
  queue.remove(({ sending, ids }) => sending.value.step === 'sent' && !videos.value.has(ids.value?.videoId ?? ''))
})

function stateOf(id: string): Arrived | undefined {
  const video = videos.value.get(id)
  if (!video) return undefined
  const { status, progress, playable, failure, playback } = video
  return { status, progress, playable, failure: failure?.message, poster: playback?.poster ?? undefined, watch: videoPath(id) }
}
