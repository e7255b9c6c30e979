import { clock } from '../clock'
import type { PlaybackError } from '../fetch'
import type { Manifest, Rendition } from '../manifest'
import { captionsMenu } from './captions'
import { el, on } from './dom'
import { errorCard } from './error-card'
import { fullscreenButton, toggleFullscreen } from './fullscreen'
import { helpCard } from './help'
import { hideWhenIdle } from './idle'
import { listenToKeys, pressKey } from './keys'
import { pictureInPictureButton } from './picture-in-picture'
import { placeholder } from './placeholder'
import { playButton, togglePlay } from './play'
import { seekBar } from './seek'
import { settingsMenu } from './settings'
import { theatreButton, toggleTheatre } from './theatre'
import { volumeControl } from './volume'

export interface Wishes {
  chooseQuality(id: string | null): void
  chooseCaptions(name: string | null): void
  toggleCaptions(): void
  /** Seconds that a picture is shown. */
  frameDuration(): number
  retry(): void
}

export interface Controls {
  element: HTMLElement
  showManifest(manifest: Manifest): void
  showRendition(rendition: Rendition): void
  showCaptions(name: string | null): void
  /** In Base64; what is none shows nothing. */
  showThumbhash(thumbhash: string): void
  showError(error: PlaybackError): void
  hideError(): void
  /** Looks again whether the page offers a wide form. */
  updateTheatre(): void
  /** Answers whether the key meant anything. */
  pressKey(key: string): boolean
}

/** Everything around the media element that can be seen and touched. */
export function buildControls(host: HTMLElement, media: HTMLVideoElement, wishes: Wishes): Controls {
  const seek = seekBar(media)
  const settings = settingsMenu(media, wishes.chooseQuality)
  const captions = captionsMenu(wishes.chooseCaptions)
  const theatre = theatreButton(host)
  const error = errorCard(wishes.retry)
  const help = helpCard()
  const blurred = placeholder(media)
  const buttons = el(
    'div',
    { class: 'buttons' },
    playButton(media, 'icon'),
    volumeControl(media),
    timeDisplay(media),
    captions.element,
    settings.element,
    pictureInPictureButton(media) ?? '',
    theatre.element,
    fullscreenButton(host, media),
  )
  const bar = el('div', { class: 'bar' }, seek.element, buttons)
  const spinner = el('div', { class: 'spinner', 'aria-hidden': 'true' })
  const root = el(
    'div',
    { class: 'player', role: 'region', 'aria-label': 'Video player', tabindex: '0', 'data-new': '' },
    blurred.element,
    media,
    spinner,
    playButton(media, 'large'),
    error.element,
    // Above the error: a seek is a way on.
    bar,
    help.element,
  )
  on(media, 'play', () => root.removeAttribute('data-new'))
  on(media, 'waiting seeking', () => root.setAttribute('data-waiting', ''))
  on(media, 'playing seeked canplay emptied', () => root.removeAttribute('data-waiting'))
  listenToPicture(host, root, media)
  const press = (key: string): boolean =>
    pressKey(key, media, {
      toggleFullscreen: () => toggleFullscreen(host, media),
      toggleTheatre: () => toggleTheatre(host),
      toggleCaptions: wishes.toggleCaptions,
      toggleHelp: help.toggle,
      frameDuration: wishes.frameDuration,
    })
  listenToKeys(root, press)
  hideWhenIdle(root, media)
  return {
    element: root,
    showManifest: ({ video, subtitles, storyboard }) => {
      settings.setRenditions(video)
      captions.setSubtitles(subtitles ?? [])
      seek.preview.setStoryboard(storyboard ?? null)
      const largest = video.at(-1)
      if (!largest?.width || !largest.height) return
      root.style.aspectRatio = `${largest.width} / ${largest.height}`
      root.style.setProperty('--height-share', String(largest.height / largest.width))
    },
    showRendition: settings.setPlaying,
    showCaptions: captions.mark,
    showThumbhash: blurred.show,
    showError: error.show,
    hideError: error.hide,
    updateTheatre: theatre.update,
    pressKey: press,
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
