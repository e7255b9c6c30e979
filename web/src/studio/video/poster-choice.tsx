import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { takePicture } from '../../api/images'
import type { Video } from '../../api/types'
import { clock } from '../../player/clock'
import type { TelecinePlayer } from '../../player/element'
import type { Manifest } from '../../player/manifest'
import { imagePath, navigate } from '../../router'
import { notify } from '../../ui/notice'
import { change, messageOf } from '../../videos'
import { moments } from './moments'

/** Enough to find a scene; the exact one is found in the player. */
const MAX_PICTURES = 24

/** Lets people choose which moment stands for the video. */
export function PosterChoice({ video, manifest }: { video: Video; manifest: Manifest }): JSX.Element | null {
  const [isBusy, setBusy] = useState(false)
  const { largeThumbnails } = manifest
  if (!largeThumbnails) return null
  const choose = async (second: number | null): Promise<void> => {
    setBusy(true)
    try {
      await change(video, { poster_s: second })
      notify('The poster has been changed')
    } catch (error) {
      notify(messageOf(error))
    }
    setBusy(false)
  }
  const onNow = (): void => {
    const second = momentInPlayer()
    if (second !== undefined) void choose(second)
  }
  const onTake = async (): Promise<void> => {
    setBusy(true)
    try {
      navigate(imagePath((await takePicture(video.id, momentInPlayer() ?? 0)).id))
    } catch (error) {
      notify(messageOf(error))
      setBusy(false)
    }
  }
  const shown = moments(largeThumbnails.images.length, largeThumbnails.interval, MAX_PICTURES)
  const chosen = video.poster_s === null ? null : Math.floor(video.poster_s / largeThumbnails.interval)
  return (
    <section class="panel" aria-labelledby="poster-title">
      <h2 id="poster-title">Poster</h2>
      <p class="quiet">What stands for the video in lists, previews and embeds. There is a picture every {largeThumbnails.interval} seconds.</p>
      <ul class="moments">
        {shown.map(({ index, second }) => (
          <li key={index}>
            <button type="button" class="moment" disabled={isBusy} aria-pressed={index === chosen} aria-label={`The picture at ${clock(second)}`}
              onClick={() => void choose(second)}>
              <img src={largeThumbnails.images[index]?.url} alt="" loading="lazy" width={largeThumbnails.width} height={largeThumbnails.height} />
              <span class="number">{clock(second)}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="form-actions">
        <button type="button" disabled={isBusy} onClick={onNow}>Use the moment in the player</button>
        <button type="button" disabled={isBusy} onClick={() => void onTake()}>Make an image of it</button>
        {chosen !== null && <button type="button" disabled={isBusy} onClick={() => void choose(null)}>Choose by itself</button>}
      </div>
    </section>
  )
}

function momentInPlayer(): number | undefined {
  return document.querySelector<TelecinePlayer>('telecine-player')?.media.currentTime
}
