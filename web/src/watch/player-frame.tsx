import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Playback } from '../api/types'
import type { TelecinePlayer } from '../player/element'
import type { PlaybackError } from '../player/fetch'
import type { Manifest } from '../player/manifest'
import { messageOf } from '../library'
import { notify } from '../ui/notice'

// The page uses the player as other people's pages do: by its file, which is built on its own.
const PLAYER_FILE = import.meta.env.DEV ? '/src/player.ts' : '/assets/player.js'

/** Fresh addresses that are refused as well are not followed by more of them at once. */
const MIN_RENEWAL_MS = 60_000

interface Props {
  playback: Playback
  /** No more renditions are to come. */
  isComplete: boolean
  onManifest: (manifest: Manifest) => void
  /** The signed addresses no longer work: fresh ones are wanted. */
  onExpired: () => void
}

export function PlayerFrame({ playback, isComplete, onManifest, onExpired }: Props): JSX.Element {
  const frame = useRef<HTMLDivElement>(null)
  const player = useRef<TelecinePlayer | null>(null)
  const wantsFresh = useRef(false)
  const renewedAtMs = useRef(-MIN_RENEWAL_MS)

  useEffect(() => {
    let isGone = false
    import(/* @vite-ignore */ PLAYER_FILE)
      .then(() => {
        if (isGone || !frame.current) return
        player.current = createPlayer(playback)
        player.current.addEventListener('manifest', (event) => onManifest((event as CustomEvent<Manifest>).detail))
        player.current.addEventListener('playbackerror', (event) => {
          const { code } = (event as CustomEvent<PlaybackError>).detail
          if (code !== 'expired' || performance.now() - renewedAtMs.current < MIN_RENEWAL_MS) return
          renewedAtMs.current = performance.now()
          wantsFresh.current = true
          onExpired()
        })
        frame.current.append(player.current)
      })
      .catch((error: unknown) => notify(messageOf(error)))
    const stopKeys = forwardKeys(player)
    return () => {
      isGone = true
      stopKeys()
      player.current?.remove()
    }
  }, [])

  // Polling brings addresses with other signatures every time; they are of use only now and then.
  useEffect(() => {
    if (player.current?.getAttribute('src') === playback.manifest) return
    player.current?.replaceSource(playback.manifest)
  }, [isComplete])
  useEffect(() => {
    if (!wantsFresh.current) return
    wantsFresh.current = false
    player.current?.replaceSource(playback.manifest)
  }, [playback.manifest])

  return <div ref={frame} class="player-frame" />
}

function createPlayer({ manifest, hls, poster, thumbnails }: Playback): TelecinePlayer {
  const player = document.createElement('telecine-player') as TelecinePlayer
  player.setAttribute('hls', hls)
  if (poster) player.setAttribute('poster', poster)
  if (thumbnails) player.setAttribute('thumbnails', thumbnails)
  player.setAttribute('src', manifest)
  return player
}

/** The keys of the player work wherever nothing else on the page has the focus. */
function forwardKeys(player: { current: TelecinePlayer | null }): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const isFree = event.target === document.body && !event.ctrlKey && !event.altKey && !event.metaKey
    // Up and down scroll the page.
    if (!isFree || event.key === 'ArrowUp' || event.key === 'ArrowDown') return
    if (player.current?.pressKey(event.key)) event.preventDefault()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}
