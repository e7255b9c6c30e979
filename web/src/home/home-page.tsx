import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { mayChange } from '../api/session'
import { Shelf } from '../studio/library/shelf'
import { LIBRARY_PATH } from '../router'
import { Icon } from '../ui/icon'
import { DropZone } from '../uploader/view/drop-zone'
import { InterruptedRows } from '../uploader/view/interrupted-rows'
import { TotalLine } from '../uploader/view/total-line'
import { UploadRows } from '../uploader/view/upload-rows'
import { shelf } from '../videos'
import { ImportForm } from './import-form'
import { queue } from './uploads'

export function HomePage(): JSX.Element {
  useEffect(() => void (document.title = 'Telecine'), [])
  return (
    <main>
      <h1 class="unseen">Telecine</h1>
      {mayChange.value ? <Uploader /> : <p class="panel">This session may look at everything and change nothing. Uploading needs a key for everything.</p>}
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

function Uploader(): JSX.Element {
  const [isImporting, setImporting] = useState(false)
  const button = (
    <button type="button" aria-expanded={isImporting} onClick={() => setImporting(!isImporting)}>
      <Icon name="link" /> Import links
    </button>
  )
  return (
    <div class="uploader">
      <DropZone queue={queue} target={window} button={button}>
        {isImporting && <ImportForm onDone={() => setImporting(false)} />}
      </DropZone>
      <InterruptedRows queue={queue} />
      <TotalLine queue={queue} />
      <UploadRows queue={queue} />
    </div>
  )
}
