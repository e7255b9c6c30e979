import { ApiError, signedIn } from './api/request'
import type { Video } from './api/types'
import { getVideo } from './api/videos'

// News about videos in the making, by asking once a second. Everything else in the page only knows `follow`.

const INTERVAL_MS = 1000
/** Videos asked about in one round; with more of them, each is asked about less often. */
const MAX_PER_ROUND = 6

/** Gets the video, `null` when it no longer exists. */
type Listener = (video: Video | null) => void

const followed = new Map<string, Listener>()
let timer = 0

/** Calls `listener` with the state of the video every second while the tab is visible, until `unfollow`. */
export function follow(id: string, listener: Listener): void {
  // Set again at the end of the map: the front is asked first.
  followed.set(id, listener)
  schedule()
}

export function unfollow(id: string): void {
  followed.delete(id)
}

function schedule(): void {
  if (timer || followed.size === 0 || document.hidden) return
  timer = window.setTimeout(async () => {
    await round()
    timer = 0
    schedule()
  }, INTERVAL_MS)
}

async function round(): Promise<void> {
  if (document.hidden || !signedIn.value) return
  const turn = [...followed].slice(0, MAX_PER_ROUND)
  for (const [id, listener] of turn) {
    followed.delete(id)
    followed.set(id, listener)
  }
  await Promise.all(turn.map(([id]) => ask(id)))
}

async function ask(id: string): Promise<void> {
  try {
    const video = await getVideo(id)
    followed.get(id)?.(video)
  } catch (error) {
    // Anything but "gone" may pass: the next round asks again.
    if (!(error instanceof ApiError) || error.status !== 404) return
    followed.get(id)?.(null)
    unfollow(id)
  }
}

document.addEventListener('visibilitychange', schedule)
