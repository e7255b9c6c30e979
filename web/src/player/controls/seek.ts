import { clock } from '../clock'
import { rangesOf } from '../segments'
import { el, on } from './dom'
import { preview, type Preview } from './preview'

export interface SeekBar {
  element: HTMLElement
  preview: Preview
}

/** The seek bar: played part, every buffered range, and a preview under the pointer. */
export function seekBar(media: HTMLMediaElement): SeekBar {
  const buffered = el('div', { class: 'ranges' })
  const played = el('div', { class: 'played' })
  const slider = el('input', { type: 'range', min: '0', max: '0', step: 'any', value: '0', 'aria-label': 'Seek' })
  const shown = preview()
  const element = el('div', { class: 'seek' }, el('div', { class: 'rail' }, buffered, played), slider, shown.element)
  const percent = (time: number): string => `${media.duration > 0 ? (time / media.duration) * 100 : 0}%`
  let isDragging = false

  const showTime = (time: number): void => {
    slider.value = String(time)
    slider.setAttribute('aria-valuetext', `${clock(time)} of ${clock(media.duration)}`)
    played.style.width = percent(time)
  }
  const showBuffered = (): void =>
    buffered.replaceChildren(
      ...rangesOf(media.buffered).map(([start, end]) => {
        const range = el('div')
        range.style.left = percent(start)
        range.style.width = percent(end - start)
        return range
      }),
    )
  on(media, 'durationchange', () => (slider.max = String(Number.isFinite(media.duration) ? media.duration : 0)))
  on(media, 'timeupdate seeking durationchange emptied', () => {
    if (!isDragging) showTime(media.currentTime)
  })
  on(media, 'progress timeupdate seeked emptied', showBuffered)

  // While the thumb is dragged only the display follows; a seek at every pixel would fetch at every pixel.
  on(slider, 'input', () => {
    isDragging = true
    showTime(Number(slider.value))
    shown.showAt(Number(slider.value), media.duration)
  })
  on(slider, 'change', () => {
    isDragging = false
    media.currentTime = Number(slider.value)
  })
  on(slider, 'pointercancel blur', () => (isDragging = false))
  on(slider, 'pointermove', (event) => {
    const { left, width } = slider.getBoundingClientRect()
    const fraction = ((event as PointerEvent).clientX - left) / width
    shown.showAt(Math.min(1, Math.max(0, fraction)) * media.duration, media.duration)
  })
  on(slider, 'pointerleave pointercancel change blur', () => shown.hide())
  return { element, preview: shown }
}
