import type { JSX } from 'preact'
import type { Playback } from '../../api/types'
import { CopyField } from '../../ui/copy-field'

/** Addresses for other players and programs. */
export function Links({ playback: { hls, dash, manifest, mp4 } }: { playback: Playback }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="links-title">
      <h2 id="links-title">Links</h2>
      <CopyField name="HLS" text={hls} />
      <CopyField name="DASH" text={dash} />
      <CopyField name="Manifest" text={manifest} />
      {mp4 && <CopyField name="MP4" text={mp4} />}
    </section>
  )
}
