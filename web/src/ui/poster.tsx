import { useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { Icon } from './icon'

interface Props {
  url: string | null | undefined
  /** The picture could not be loaded; its address may have expired. */
  onBroken: () => void
}

/** The picture of a video, or a sign for one that has none (yet), or whose address has expired. */
export function Poster({ url, onBroken }: Props): JSX.Element {
  const [broken, setBroken] = useState<string | null>(null)
  const onError = (): void => {
    setBroken(url ?? null)
    onBroken()
  }
  return (
    <div class="poster">
      {url && url !== broken ? <img src={url} alt="" loading="lazy" onError={onError} /> : <Icon name="film" />}
    </div>
  )
}
