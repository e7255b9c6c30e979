// The page for iframes, /embed/{id}. The server has put the player into it; this waits for a video that is not playable
// yet, brings fresh addresses when they have expired, and reads what the address of the page asks for.

import './embed.css'
import type { WatchedVideo } from './api/types'
import { getWatched } from './api/watch'
import type { TelecinePlayer } from './player/element'
import type { PlaybackError } from './player/fetch'
import { follow } from './watch/follow'
import { MIN_RENEWAL_MS, createPlayer, renew } from './watch/player-addresses'

const id = decodeURIComponent(location.pathname.split('/')[2] ?? '')
const asked = new URLSearchParams(location.search)
const token = asked.get('token')

function setUp(player: TelecinePlayer): void {
  const isOn = (name: string): boolean => ['1', 'true'].includes(asked.get(name) ?? '')
  player.media.muted = isOn('muted')
  player.media.loop = isOn('loop')
  const start = Number(asked.get('t') ?? 0)
  if (start > 0) player.media.currentTime = start
  // Without a gesture browsers let only silent videos begin.
  if (isOn('autoplay')) player.media.play().catch(() => {})
  let renewedAtMs = -MIN_RENEWAL_MS
  player.addEventListener('playbackerror', (event) => {
    if ((event as CustomEvent<PlaybackError>).detail.code !== 'expired' || performance.now() - renewedAtMs < MIN_RENEWAL_MS) return
    renewedAtMs = performance.now()
    getWatched(id, token).then(({ playback }) => playback && renew(player, playback)).catch(() => {})
  })
}

async function begin(): Promise<void> {
  await customElements.whenDefined('telecine-player')
  const there = document.querySelector<TelecinePlayer>('telecine-player')
  if (there) return setUp(there)
  const status = document.querySelector('[role=status]')
  if (!status) return
  const waiting = new AbortController()
  const onNews = ({ playback, status: state }: WatchedVideo): void => {
    if (state === 'failed') status.textContent = 'This video could not be processed.'
    if (!playback) return
    waiting.abort()
    const player = createPlayer(playback)
    status.replaceWith(player)
    setUp(player)
  }
  await follow(id, token, waiting.signal, onNews).catch(() => {})
}

void begin()
