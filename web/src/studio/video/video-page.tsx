import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { mayChange } from '../../api/session'
import type { Video } from '../../api/types'
import { gone, loadVideo, messageOf, videos } from '../../videos'
import type { Manifest } from '../../player/manifest'
import { LIBRARY_PATH, navigate } from '../../router'
import { DeleteButton } from '../../ui/delete-button'
import { DeleteDialog } from '../../ui/delete-dialog'
import { Icon } from '../../ui/icon'
import { StatusChip } from '../../ui/status'
import { Trouble } from '../../ui/trouble'
import { CaptionsPanel } from './captions'
import { Details } from './details'
import { Facts } from './facts'
import { Links } from './links'
import { PlayerFrame } from '../../watch/player-frame'
import { isWide } from '../../watch/theatre'
import { PosterChoice } from './poster-choice'
import { Sharing } from './sharing'
import { State } from './state'
import { Title } from './title'

export function VideoPage({ id }: { id: string }): JSX.Element {
  const [failure, setFailure] = useState('')
  const load = (): void => {
    setFailure('')
    loadVideo(id).catch((error: unknown) => setFailure(messageOf(error)))
  }
  useEffect(load, [id])
  const video = videos.value.get(id)
  return (
    <main class="video-page">
      <a class="back" href={LIBRARY_PATH}><Icon name="back" /> Library</a>
      {video ? <Watch video={video} />
        : gone.value.has(id) ? <Gone />
        : failure && <Trouble message={failure} onRetry={load} />}
    </main>
  )
}

/** The server keeps no list of what was deleted: a video that never was looks the same. */
function Gone(): JSX.Element {
  useEffect(() => void (document.title = 'Deleted · Telecine'), [])
  return (
    <div class="panel" role="alert">
      <h1>This video is not there</h1>
      <p>It has been deleted, or the address is wrong.</p>
    </div>
  )
}

function Watch({ video }: { video: Video }): JSX.Element {
  const [manifest, setManifest] = useState<Manifest | null>(null)
  const [isDeleting, setDeleting] = useState(false)
  const { playback } = video
  useEffect(() => void (document.title = `${video.title} · Telecine`), [video.title])
  return (
    <>
      {playback && video.playable && (
        <div class="stage" data-wide={isWide() || undefined}>
          <PlayerFrame playback={playback} isComplete={video.status === 'ready'} size={video} onManifest={setManifest}
            onTrouble={() => void loadVideo(video.id).catch(() => {})} />
        </div>
      )}
      <div class="video-head">
        <Title video={video} />
        <StatusChip status={video.status} />
        {mayChange.value && <DeleteButton title={video.title} onClick={() => setDeleting(true)} />}
      </div>
      <State video={video} />
      <div class="video-details">
        <Details video={video} />
        <Sharing video={video} />
        <CaptionsPanel video={video} />
        {manifest && mayChange.value && <PosterChoice video={video} manifest={manifest} />}
        <Facts video={video} manifest={manifest} />
        {playback && <Links playback={playback} />}
      </div>
      {isDeleting && <DeleteDialog videos={[video]} onClose={() => setDeleting(false)} onDeleted={() => navigate(LIBRARY_PATH)} />}
    </>
  )
}
