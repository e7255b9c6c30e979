import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { signedIn } from '../api/request'
import type { WatchedVideo } from '../api/types'
import { getWatched } from '../api/watch'
import { search, videoPath } from '../router'
import { SignInPage } from '../session/sign-in-page'
import { Trouble } from '../ui/trouble'
import { gone, loadVideo, messageOf, videos } from '../videos'
import { follow } from './follow'
import { PlayerFrame } from './player-frame'
import { isWide } from './theatre'

/** A video as everybody sees it who may watch it. */
export function WatchPage({ id }: { id: string }): JSX.Element {
  // Whoever is signed in may watch every video; the first answer of the server tells.
  if (signedIn.value === null) return <main class="watch-page" />
  return signedIn.value ? <OwnWatchPage id={id} /> : <OpenWatchPage id={id} />
}

function OwnWatchPage({ id }: { id: string }): JSX.Element {
  const [failure, setFailure] = useState('')
  const load = (): void => {
    setFailure('')
    loadVideo(id).catch((error: unknown) => setFailure(messageOf(error)))
  }
  useEffect(load, [id])
  const video = videos.value.get(id)
  if (video) return <Watch video={{ ...video, complete: video.status === 'ready' }} onTrouble={load} />
  if (gone.value.has(id)) return <Missing />
  return <main class="watch-page">{failure && <Trouble message={failure} onRetry={load} />}</main>
}

function OpenWatchPage({ id }: { id: string }): JSX.Element {
  const [video, setVideo] = useState<WatchedVideo | null>(null)
  const [isRefused, setRefused] = useState(false)
  const token = new URLSearchParams(search.value).get('token')
  useEffect(() => {
    const leaving = new AbortController()
    follow(id, token, leaving.signal, setVideo).catch(() => !leaving.signal.aborted && setRefused(true))
    return () => leaving.abort()
  }, [id, token])
  const onTrouble = (): void => void getWatched(id, token).then(setVideo, () => {})
  if (video) return <Watch video={video} onTrouble={onTrouble} />
  return isRefused ? <SignInPage reason="This video is private, or it is not there. Sign in to see it." /> : <main class="watch-page" />
}

function Watch({ video, onTrouble }: { video: WatchedVideo; onTrouble: () => void }): JSX.Element {
  useEffect(() => void (document.title = video.title), [video.title])
  return (
    <main class="watch-page">
      {video.playback ? (
        <div class="stage" data-wide={isWide() || undefined}>
          <PlayerFrame playback={video.playback} isComplete={video.complete} size={video} onTrouble={onTrouble} />
        </div>
      ) : <p class="panel" role="status">{video.status === 'failed' ? 'This video could not be processed.' : 'This video is being made ready. It plays here as soon as it can.'}</p>}
      <div class="video-head">
        <h1>{video.title}</h1>
        {signedIn.value && <a class="button" href={videoPath(video.id)}>Open in the studio</a>}
      </div>
      {video.description && <p class="description">{video.description}</p>}
    </main>
  )
}

/** The server keeps no list of what was deleted: a video that never was looks the same. */
function Missing(): JSX.Element {
  useEffect(() => void (document.title = 'Not there · Telecine'), [])
  return (
    <main>
      <div class="panel" role="alert">
        <h1>This video is not there</h1>
        <p>It has been deleted, or the address is wrong.</p>
      </div>
    </main>
  )
}
