import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { Playback } from '../../api/types'
import { notify } from '../../ui/notice'

/** Addresses for other players and programs. */
export function Links({ playback }: { playback: Playback }): JSX.Element {
  const { hls, dash, manifest, mp4 } = playback
  return (
    <section class="panel" aria-labelledby="links-title">
      <h2 id="links-title">Links</h2>
      <CopyField name="HLS" url={hls} />
      <CopyField name="DASH" url={dash} />
      <CopyField name="Manifest" url={manifest} />
      {mp4 && <CopyField name="MP4" url={mp4} />}
    </section>
  )
}

function CopyField({ name, url }: { name: string; url: string }): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const onCopy = async (): Promise<void> => {
    input.current?.select()
    try {
      await navigator.clipboard.writeText(url)
      notify(`${name} link copied`)
    } catch {
      // Without https the browser gives no clipboard, but the link is selected.
      notify(`Press Ctrl+C or ⌘C to copy the ${name} link`)
    }
  }
  return (
    <div class="copy-field">
      <label for={`link-${name}`}>{name}</label>
      <input ref={input} id={`link-${name}`} type="text" readOnly value={url} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" aria-label={`Copy the ${name} link`} onClick={onCopy}>Copy</button>
    </div>
  )
}
