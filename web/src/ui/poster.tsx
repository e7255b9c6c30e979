import { useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { Icon } from './icon'

/** The picture of a video, or a sign for one that has none (yet), or whose address has expired. */
export function Poster({ url }: { url: string | null | undefined }): JSX.Element {
  const [broken, setBroken] = useState<string | null>(null)
  return (
    <div class="poster">
      {url && url !== broken ? <img src={url} alt="" loading="lazy" onError={() => setBroken(url)} /> : <Icon name="film" />}
    </div>
  )
}
