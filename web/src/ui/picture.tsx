import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { decodeThumbhash } from '../player/thumbhash'
import { Icon } from './icon'

/** An address that was renewed and is refused all the same has another defect: no more questions for this long. */
const MIN_RENEWAL_MS = 60_000

interface Props {
  /** Of the picture itself, once there is one. */
  url: string | null | undefined
  /** The picture from far away: a small one as a `data:` URL, or a thumbhash in Base64. */
  blurred?: string | null
  thumbhash?: string | null
  /** Empty where words beside it say what it shows. */
  alt?: string
  /** Stands for a picture that is not there. */
  icon: Parameters<typeof Icon>[0]['name']
  /** The picture could not be loaded; its address may have expired. */
  onBroken?: () => void
}

/** A picture, from far away until its bytes are here. */
export function Picture({ url, blurred, thumbhash, alt = '', icon, onBroken }: Props): JSX.Element {
  // A picture that is here stays visible while it is loaded again from a fresh address.
  const [isHere, setHere] = useState(false)
  const [broken, setBroken] = useState<string | null>(null)
  const renewedAtMs = useRef(-Infinity)
  const isShown = url && url !== broken
  const hasPlaceholder = blurred || thumbhash
  const onError = (): void => {
    setBroken(url ?? null)
    const nowMs = performance.now()
    if (nowMs - renewedAtMs.current < MIN_RENEWAL_MS) return
    renewedAtMs.current = nowMs
    onBroken?.()
  }
  return (
    <div class="poster picture">
      {!(isShown && isHere) && (blurred ? <img class="far" src={blurred} alt="" /> : thumbhash && <Thumbhash of={thumbhash} />)}
      {isShown && <img src={url} alt={alt} loading="lazy" decoding="async" onLoad={() => setHere(true)} onError={onError} />}
      {!isShown && !hasPlaceholder && <Icon name={icon} />}
    </div>
  )
}

function Thumbhash({ of }: { of: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const pixels = decodeThumbhash(of)
    if (!canvas.current || !pixels) return
    Object.assign(canvas.current, { width: pixels.width, height: pixels.height })
    canvas.current.getContext('2d')?.putImageData(new ImageData(pixels.rgba, pixels.width, pixels.height), 0, 0)
  }, [of])
  return <canvas ref={canvas} class="far" aria-hidden="true" />
}
