import { el, iconButton, on, setIcon } from './dom'

export function toggleMute(media: HTMLMediaElement): void {
  media.muted = !media.muted
  // Sound that is switched on at volume 0 would still be silent.
  if (!media.muted && media.volume === 0) media.volume = 0.5
}

export function changeVolume(media: HTMLMediaElement, step: number): void {
  media.volume = Math.min(1, Math.max(0, media.volume + step))
  media.muted = media.volume === 0
}

export function volumeControl(media: HTMLMediaElement): HTMLElement {
  const button = iconButton('icon', 'volume', 'Mute')
  const slider = el('input', { type: 'range', min: '0', max: '1', step: '0.05', 'aria-label': 'Volume' })
  const show = (): void => {
    const volume = media.muted ? 0 : media.volume
    setIcon(button, volume === 0 ? 'muted' : 'volume', volume === 0 ? 'Unmute' : 'Mute')
    slider.value = String(volume)
    slider.setAttribute('aria-valuetext', `${Math.round(volume * 100)} %`)
    slider.style.setProperty('--filled', `${volume * 100}%`)
  }
  on(media, 'volumechange', show)
  on(button, 'click', () => toggleMute(media))
  on(slider, 'input', () => {
    media.volume = Number(slider.value)
    media.muted = media.volume === 0
  })
  show()
  return el('div', { class: 'volume' }, button, slider)
}
