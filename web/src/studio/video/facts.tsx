import type { JSX } from 'preact'
import type { Video } from '../../api/types'
import { formatBitrate, formatBytes, formatDate } from '../../format'
import { clock } from '../../player/clock'
import type { Manifest, Rendition } from '../../player/manifest'

export function Facts({ video, manifest }: { video: Video; manifest: Manifest | null }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="facts-title">
      <h2 id="facts-title">Facts</h2>
      <dl>
        {video.duration_s !== null && <Fact name="Duration" value={clock(video.duration_s)} />}
        {video.width && video.height && <Fact name="Picture" value={`${video.width} × ${video.height}`} />}
        <Fact name="Uploaded" value={formatDate(video.created_at)} />
      </dl>
      {manifest && <Renditions manifest={manifest} />}
    </section>
  )
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  )
}

function Renditions({ manifest }: { manifest: Manifest }): JSX.Element {
  return (
    <table>
      <thead>
        <tr><th scope="col">Rendition</th><th scope="col">Peak</th><th scope="col">Size</th></tr>
      </thead>
      <tbody class="number">
        {[...manifest.video].reverse().map((one) => (
          <RenditionRow key={one.id} rendition={one} name={one.width && one.height ? `${one.width} × ${one.height}` : one.id} />
        ))}
        {manifest.audio.map((one) => (
          <RenditionRow key={one.id} rendition={one} name={one.language ? `Audio (${one.language})` : 'Audio'} />
        ))}
      </tbody>
    </table>
  )
}

function RenditionRow({ rendition, name }: { rendition: Rendition; name: string }): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{formatBitrate(rendition.bandwidth)}</td>
      <td>{formatBytes(rendition.segments.reduce((sum, { bytes }) => sum + bytes, 0))}</td>
    </tr>
  )
}
