import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { mayChange } from '../api/session'
import { Shelf } from '../studio/library/shelf'
import { LIBRARY_PATH } from '../router'
import { DropZone } from './drop-zone'
import { InterruptedRows } from './interrupted-rows'
import { TotalLine } from './total-line'
import { UploadRow } from './upload-row'
import { uploads } from './upload-queue'
import { shelf } from '../videos'

export function HomePage(): JSX.Element {
  useEffect(() => void (document.title = 'Telecine'), [])
  return (
    <main>
      <h1 class="unseen">Telecine</h1>
      {mayChange.value ? <DropZone /> : <p class="panel">This session may look at everything and change nothing. Uploading needs a key for everything.</p>}
      {mayChange.value && <InterruptedRows />}
      <TotalLine />
      {uploads.value.length > 0 && (
        <ul class="rows" aria-label="Uploads">
          {uploads.value.map((upload) => <UploadRow key={upload.key} upload={upload} />)}
        </ul>
      )}
      <section aria-labelledby="latest-title">
        <div class="page-head">
          <h2 id="latest-title">Latest videos</h2>
          {shelf.value.ids.length > 0 && <a href={LIBRARY_PATH}>All videos</a>}
        </div>
        <Shelf view="grid" withoutUploads />
      </section>
    </main>
  )
}
