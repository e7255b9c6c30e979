import type { JSX } from 'preact'
import type { UploadQueue } from '../queue'
import { UploadRow } from './upload-row'

/** Every file of the list, newest first. */
export function UploadRows({ queue }: { queue: UploadQueue }): JSX.Element | null {
  const uploads = queue.uploads.value
  if (uploads.length === 0) return null
  return (
    <ul class="rows" aria-label="Uploads">
      {uploads.map((upload) => <UploadRow key={upload.key} queue={queue} upload={upload} />)}
    </ul>
  )
}
