import { clock } from '../clock'
import type { Manifest, Rendition } from '../manifest'
import type { Thumbnail } from '../vtt'
import { captionsMenu } from './captions'
import { el, on } from './dom'
import { errorCard } from './error-card'
import { fullscreenButton, toggleFullscreen } from './fullscreen'
import { hideWhenIdle } from './idle'
import { listenToKeys } from './keys'
import { playButton, togglePlay } from './play'
import { qualityMenu } from './quality'
import { seekBar } from './seek'
import { volumeControl } from './volume'

export interface Wishes {
  chooseQuality(id: string | null): void
  chooseCaptions(name: string | null): void
  retry(): void
}

export interface Controls {
  element: HTMLElement
  showManifest(manifest: Manifest): void
  showRendition(rendition: Rendition): void
  showCaptions(name: string | null): void
  showThumbnails(thumbnails: Thumbnail[]): void
  showError(message: string): void
  hideError(): void
}

/** Everything around the media element that can be seen and touched. */
export function buildControls(host: HTMLElement, media: HTMLVideoElement, wishes: Wishes): Controls {
  const seek = seekBar(media)
  const quality = qualityMenu(wishes.chooseQuality)
  const captions = captionsMenu(wishes.chooseCaptions)
  const error = errorCard(wishes.retry)
  const buttons = el(
    'div',
    { class: 'buttons' },
    playButton(media, 'icon'),
    volumeControl(media),
    timeDisplay(media),
    captions.element,
    quality.element,
    fullscreenButton(host, media),
  )
  const bar = el('div', { class: 'bar' }, seek.element, buttons)
  const spinner = el('div', { class: 'spinner', 'aria-hidden': 'true' })
  const root = el(
    'div',
    { class: 'player', role: 'region', 'aria-label': 'Video player', tabindex: '0', 'data-new': '' },
    media,
    spinner,
    playButton(media, 'large'),
    error.element,
    // Above the error: a seek is a way on.
    bar,
  )
  on(media, 'play', () => root.removeAttribute('data-new'))
  on(media, 'waiting seeking', () => root.setAttribute('data-waiting', ''))
  on(media, 'playing seeked canplay emptied', () => root.removeAttribute('data-waiting'))
  listenToPicture(host, root, media)
  listenToKeys(root, host, media)
  hideWhenIdle(root, media)
  return {
    element: root,
    showManifest: ({ video, subtitles }) => {
      quality.setRenditions(video)
      captions.setSubtitles(subtitles ?? [])
      const largest = video.at(-1)
      if (largest?.width && largest.height) root.style.aspectRatio = `${largest.width} / ${largest.height}`
    },
    showRendition: quality.setPlaying,
    showCaptions: captions.mark,
    showThumbnails: seek.preview.setThumbnails,
    showError: error.show,
    hideError: error.hide,
  }
}

function timeDisplay(media: HTMLMediaElement): HTMLElement {
  const element = el('div', { class: 'time' })
  const show = (): void => {
    element.textContent = `${clock(media.currentTime)} / ${clock(media.duration)}`
  }
  on(media, 'timeupdate seeking durationchange emptied', show)
  show()
  return element
}

/** A click plays and pauses. A finger only brings the controls back: without hovering there is no other way to see them. */
function listenToPicture(host: HTMLElement, root: HTMLElement, media: HTMLVideoElement): void {
  on(media, 'click', (event) => {
    const isTouch = (event as PointerEvent).pointerType === 'touch'
    if (!isTouch) togglePlay(media)
    root.focus({ preventScroll: true })
  })
  on(media, 'dblclick', () => toggleFullscreen(host, media))
}
