import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { WatchPlayback } from '../api/types'
import type { TelecinePlayer } from '../player/element'
import type { PlaybackError } from '../player/fetch'
import type { Manifest } from '../player/manifest'
import { Trouble } from '../ui/trouble'
import { MIN_RENEWAL_MS, createPlayer, renew, setAddresses } from './player-addresses'
import { theatre } from './theatre'

// The page uses the player as other people's pages do: by its file, which is built on its own.
const PLAYER_FILE = import.meta.env.DEV ? '/src/player.ts' : '/assets/player.js'

interface Props {
  playback: WatchPlayback
  /** No more renditions are to come. */
  isComplete: boolean
  /** Its pictures, as far as is known. */
  size: { width: number | null; height: number | null }
  onManifest?: (manifest: Manifest) => void
  /** The signed addresses no longer work, or media is missing: the video should be asked for again. */
  onTrouble: () => void
}

export function PlayerFrame({ playback, isComplete, size: { width, height }, onManifest, onTrouble }: Props): JSX.Element {
  const shape = width && height ? `${width} / ${height}` : ''
  const frame = useRef<HTMLDivElement>(null)
  const player = useRef<TelecinePlayer | null>(null)
  const wantsFresh = useRef(false)
  const renewedAtMs = useRef(-MIN_RENEWAL_MS)
  const [failure, setFailure] = useState('')
  const [tries, setTries] = useState(0)

  useEffect(() => {
    let isGone = false
    setFailure('')
    loadPlayerFile(tries)
      .then(() => {
        if (isGone || !frame.current) return
        player.current = createPlayer(playback)
        player.current.setAttribute('theatre', theatre.current.value)
        player.current.addEventListener('manifest', (event) => onManifest?.((event as CustomEvent<Manifest>).detail))
        player.current.addEventListener('theatre', (event) => theatre.choose((event as CustomEvent<boolean>).detail ? 'on' : 'off'))
        player.current.addEventListener('playbackerror', (event) => {
          const { code } = (event as CustomEvent<PlaybackError>).detail
          if (code === 'network') onTrouble()
          if (code !== 'expired' || performance.now() - renewedAtMs.current < MIN_RENEWAL_MS) return
          renewedAtMs.current = performance.now()
          wantsFresh.current = true
          onTrouble()
        })
        frame.current.append(player.current)
      })
      .catch(() => !isGone && setFailure('The player could not be loaded. Check the connection.'))
    const stopKeys = forwardKeys(player)
    return () => {
      isGone = true
      stopKeys()
      player.current?.remove()
    }
  }, [tries])

  // Polling brings addresses with other signatures every time; they are of use only now and then.
  useEffect(() => {
    if (!player.current) return
    if (player.current.getAttribute('src') !== playback.manifest) renew(player.current, playback)
    // What plays finds its new renditions by itself; poster and previews come at the end.
    else setAddresses(player.current, playback)
  }, [isComplete])
  useEffect(() => {
    if (!wantsFresh.current || !player.current) return
    wantsFresh.current = false
    renew(player.current, playback)
  }, [playback.manifest])

  return (
    <div ref={frame} class="player-frame" style={shape && { '--telecine-shape': shape }}>
      {failure && <Trouble message={failure} onRetry={() => setTries(tries + 1)} />}
    </div>
  )
}

/** Browsers remember that a module could not be loaded, so every new try has an address of its own. */
async function loadPlayerFile(tries: number): Promise<void> {
  await import(/* @vite-ignore */ tries === 0 ? PLAYER_FILE : `${PLAYER_FILE}?try=${tries}`)
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
