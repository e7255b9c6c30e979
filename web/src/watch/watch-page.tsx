import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { signedIn } from '../api/request'
import type { WatchedVideo } from '../api/types'
import { getWatched } from '../api/watch'
import { search, videoPath } from '../router'
import { SignInPage } from '../session/sign-in-page'
import { loadVideo, videos } from '../videos'
import { follow } from './follow'
import { PlayerFrame } from './player-frame'

/** A video as everybody sees it who may watch it. */
export function WatchPage({ id }: { id: string }): JSX.Element {
  const [shown, setShown] = useState<WatchedVideo | null>(null)
  const [isRefused, setRefused] = useState(false)
  const token = new URLSearchParams(search.value).get('token')
  useEffect(() => {
    const leaving = new AbortController()
    follow(id, token, leaving.signal, setShown).catch(() => !leaving.signal.aborted && setRefused(true))
    return () => leaving.abort()
  }, [id, token])
  // Who is signed in may watch every video.
  const own = isRefused && signedIn.value ? videos.value.get(id) : undefined
  const isOwn = isRefused && signedIn.value === true
  useEffect(() => {
    if (isOwn) loadVideo(id).catch(() => {})
  }, [isOwn, id])
  const video = shown ?? (own && { ...own, complete: own.status === 'ready' })
  if (video) return <Watch video={video} onTrouble={() => void renew(id, token, setShown)} />
  if (!isRefused) return <main class="watch-page" />
  return signedIn.value === false ? <SignInPage reason="This video is private, or it is not there. Sign in to see it." /> : <Missing />
}

async function renew(id: string, token: string | null, onNews: (video: WatchedVideo) => void): Promise<void> {
  await getWatched(id, token).then(onNews).catch(() => loadVideo(id).catch(() => {}))
}

function Watch({ video, onTrouble }: { video: WatchedVideo; onTrouble: () => void }): JSX.Element {
  const [isWide, setWide] = useState(false)
  useEffect(() => void (document.title = video.title), [video.title])
  return (
    <main class="watch-page">
      {video.playback ? (
        <div class="stage" data-wide={isWide || undefined}>
          <PlayerFrame playback={video.playback} isComplete={video.complete} onWide={setWide} onTrouble={onTrouble} />
        </div>
      ) : <p class="panel" role="status">This video is being made ready. It plays here as soon as it can.</p>}
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
