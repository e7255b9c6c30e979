import type { WatchPlayback } from '../api/types'
import type { TelecinePlayer } from '../player/element'

/** Fresh addresses that are refused as well are not followed by more of them at once. */
export const MIN_RENEWAL_MS = 60_000

export function createPlayer(playback: WatchPlayback): TelecinePlayer {
  const player = document.createElement('telecine-player') as TelecinePlayer
  setAddresses(player, playback)
  player.setAttribute('src', playback.manifest)
  return player
}

/** Addresses that were signed together expire together. */
export function renew(player: TelecinePlayer, playback: WatchPlayback): void {
  setAddresses(player, playback)
  player.replaceSource(playback.manifest)
}

/** All but that of what plays. */
export function setAddresses(player: TelecinePlayer, { hls, poster, thumbhash }: WatchPlayback): void {
  player.setAttribute('hls', hls)
  if (thumbhash) player.setAttribute('thumbhash', thumbhash)
  if (poster) player.setAttribute('poster', poster)
}
