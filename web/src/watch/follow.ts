import { ApiError } from '../api/call'
import type { WatchedVideo } from '../api/types'
import { getWatched } from '../api/watch'
import { pause } from '../uploader/retry'

/** The first wait between two questions, and the longest: a film takes hours, and many people may wait for it. */
const FIRST_WAIT_MS = 2000
const LONGEST_WAIT_MS = 30_000

/** Tells how the video stands, now and again, until all of it is there or it has failed. Ends with a rejection when it may not be watched. */
export async function follow(
  id: string,
  token: string | null,
  signal: AbortSignal,
  onNews: (video: WatchedVideo) => void,
): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, LONGEST_WAIT_MS)) {
    try {
      const video = await getWatched(id, token, signal)
      onNews(video)
      if ((video.complete && video.playback) || video.status === 'failed') return
    } catch (error) {
      // Nothing but a refusal is final.
      if (signal.aborted || (error instanceof ApiError && error.status === 404)) throw error
    }
    await pause(waitMs, signal)
  }
}
