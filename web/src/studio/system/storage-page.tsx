import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { getStorage, type StorageUse } from '../../api/system'
import { formatBytes, formatPercent } from '../../format'
import { Trouble } from '../../ui/trouble'
import { useLoad } from '../../ui/use-load'

const KINDS: Record<string, string> = {
  source: 'Uploaded files',
  segments: 'Segments for streaming',
  downloads: 'MP4s and previews',
  pictures: 'Posters, thumbnails, storyboards',
  captions: 'Captions',
  documents: 'Playlists and manifests',
}

export function StoragePage(): JSX.Element {
  useEffect(() => void (document.title = 'Storage · Telecine'), [])
  const { value, failure, reload } = useLoad(getStorage)
  return (
    <main>
      <h1>Storage</h1>
      {failure && <Trouble message={failure} onRetry={reload} />}
      {value ? <Use use={value} /> : !failure && <div class="panel skeleton" aria-hidden="true" />}
    </main>
  )
}

function Use({ use: { objects, bytes, kinds, urls } }: { use: StorageUse }): JSX.Element {
  const asked = urls.hits + urls.misses
  return (
    <>
      <dl class="figures number">
        <Figure name="In storage" value={formatBytes(bytes)} />
        <Figure name="Objects" value={objects.toLocaleString()} />
        <Figure name="Addresses from the cache" value={asked > 0 ? formatPercent(urls.hits / asked) : 'none asked yet'} />
      </dl>
      <section class="panel" aria-labelledby="kinds-title">
        <h2 id="kinds-title">What it is</h2>
        {kinds.length === 0 ? <p class="quiet">Nothing is stored yet. What you upload, and what is made of it, is counted here.</p> : (
          <table>
            <thead><tr><th scope="col">Kind</th><th scope="col">Objects</th><th scope="col">Size</th></tr></thead>
            <tbody class="number">
              {kinds.map((kind) => (
                <tr key={kind.kind}>
                  <th scope="row">{KINDS[kind.kind] ?? kind.kind}</th>
                  <td>{kind.objects.toLocaleString()}</td>
                  <td>{formatBytes(kind.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <p class="quiet">
          Every object is in the ledger before it is in storage. <code>telecine reconcile</code> compares the two.
        </p>
      </section>
    </>
  )
}

function Figure({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div class="panel">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
