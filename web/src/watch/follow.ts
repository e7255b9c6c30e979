import type { WatchedVideo } from '../api/types'
import { getWatched } from '../api/watch'
import { askAgain } from '../ask-again'

/** A film takes hours, and many people may wait for it. */
const LONGEST_WAIT_MS = 30_000

/** Tells how the video stands, now and again, until all of it is there or it has failed. Ends with a rejection when it may not be watched. */
export function follow(
  id: string,
  token: string | null,
  signal: AbortSignal,
  onNews: (video: WatchedVideo) => void,
): Promise<void> {
  const ask = async (): Promise<WatchedVideo> => {
    const video = await getWatched(id, token, signal)
    onNews(video)
    return video
  }
  const isLast = (video: WatchedVideo): boolean => (video.complete && video.playback !== null) || video.status === 'failed'
  return askAgain(ask, { isLast, firstWaitMs: 2000, longestWaitMs: LONGEST_WAIT_MS, signal })
}
