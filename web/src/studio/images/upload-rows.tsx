import type { JSX } from 'preact'
import { formatBytes, formatPercent } from '../../format'
import { Icon } from '../../ui/icon'
import { Picture } from '../../ui/picture'
import { ProgressBar } from '../../ui/status'
import { dismiss, retry, uploads, type ImageUpload, type Sending } from './uploads'

/** Files on their way, and those that were refused. */
export function UploadRows(): JSX.Element {
  return (
    <ul class="rows" aria-label="Uploads">
      {uploads.value.map((upload) => <UploadRow key={upload.key} upload={upload} />)}
    </ul>
  )
}

function UploadRow({ upload }: { upload: ImageUpload }): JSX.Element {
  const { file, picture } = upload
  const sending = upload.sending.value
  const hasFailed = sending.step === 'failed'
  const leave = hasFailed ? 'Remove from this list' : 'Cancel'
  return (
    <li class="row" data-state={sending.step}>
      <Picture url={picture} icon="alert" />
      <div class="row-body">
        <p class="row-name" title={file.name}>{file.name}</p>
        <Line file={file} sending={sending} />
      </div>
      <div class="row-actions">
        {hasFailed && <button type="button" onClick={() => retry(upload)}><Icon name="retry" /> Try again</button>}
        <button type="button" class="bare" aria-label={`${leave}: ${file.name}`} title={leave} onClick={() => dismiss(upload)}>
          <Icon name="cross" />
        </button>
      </div>
    </li>
  )
}

function Line({ file, sending }: { file: File; sending: Sending }): JSX.Element {
  if (sending.step === 'failed')
    return <p class="row-error" role="alert">{sending.message} {sending.code && <code>{sending.code}</code>}</p>
  if (sending.step === 'waiting') return <p class="row-line number">{formatBytes(file.size)} · waiting for the files before it</p>
  const share = file.size > 0 ? sending.bytes / file.size : 0
  return (
    <>
      <ProgressBar value={share} label={`Uploading ${file.name}`} />
      <p class="row-line number">{formatBytes(sending.bytes)} of {formatBytes(file.size)} · {formatPercent(share)}</p>
    </>
  )
}
