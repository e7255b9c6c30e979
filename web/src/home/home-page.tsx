import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { DropZone } from './drop-zone'
import { LibrarySection } from './library-section'
import { UploadRow } from './upload-row'
import { uploads } from './upload-queue'

export function HomePage(): JSX.Element {
  useEffect(() => void (document.title = 'Telecine'), [])
  return (
    <main>
      <h1 class="unseen">Telecine</h1>
      <DropZone />
      {uploads.value.length > 0 && (
        <ul class="rows" aria-label="Uploads">
          {uploads.value.map((upload) => <UploadRow key={upload.key} upload={upload} />)}
        </ul>
      )}
      <LibrarySection />
    </main>
  )
}
