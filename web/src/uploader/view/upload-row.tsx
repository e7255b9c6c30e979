import type { ComponentChildren, JSX } from 'preact'
import { formatBytes, formatPercent, formatTimeLeft } from '../../format'
import { Icon } from '../../ui/icon'
import { Poster } from '../../ui/poster'
import { ProgressBar } from '../../ui/status'
import { isActive, type Arrived, type Sending, type Upload, type UploadQueue } from '../queue'
import { PartCells } from './part-cells'

interface Props {
  queue: UploadQueue
  upload: Upload
}

/** One file from choosing it to watching it. */
export function UploadRow({ queue, upload }: Props): JSX.Element {
  const sending = upload.sending.value
  const arrived = sending.step === 'sent' ? upload.arrived.value : undefined
  const ids = upload.ids.value
  return (
    <li class="row" data-state={arrived?.status ?? sending.step}>
      <Poster url={arrived?.poster} onBroken={() => ids && queue.surroundings.renewPoster?.(ids)} />
      <div class="row-body">
        <p class="row-name" title={upload.file.name}>{upload.file.name}</p>
        {sending.step === 'sent' ? <Processing name={upload.file.name} arrived={arrived} /> : <Transfer file={upload.file} sending={sending} />}
      </div>
      <div class="row-actions">
        {sending.step === 'sending' && <Pause queue={queue} upload={upload} isPaused={sending.closure === 'paused'} />}
        {sending.step === 'failed' && (
          <button type="button" onClick={() => queue.retry(upload)}><Icon name="retry" /> Try again</button>
        )}
        {arrived?.playable && arrived.watch && (
          <a class="button primary" href={arrived.watch} target={queue.surroundings.opensTabs ? '_blank' : undefined}>Watch</a>
        )}
        <Leave queue={queue} upload={upload} />
      </div>
    </li>
  )
}

function Pause({ queue, upload, isPaused }: Props & { isPaused: boolean }): JSX.Element {
  const name = isPaused ? 'Resume' : 'Pause'
  return (
    <button type="button" class="bare" aria-label={`${name} the upload of ${upload.file.name}`} title={name}
      onClick={() => (isPaused ? queue.resume(upload) : queue.pause(upload))}>
      <Icon name={isPaused ? 'play' : 'pause'} />
    </button>
  )
}

function Leave({ queue, upload }: Props): JSX.Element {
  const isRunning = isActive(upload)
  const label = `${isRunning ? 'Cancel the upload of' : 'Remove from this list:'} ${upload.file.name}`
  return (
    <button type="button" class="bare" aria-label={label} title={isRunning ? 'Cancel' : 'Remove from this list'}
      onClick={() => queue.dismiss(upload)}>
      <Icon name="cross" />
    </button>
  )
}

function Line({ children }: { children: ComponentChildren }): JSX.Element {
  return <p class="row-line number">{children}</p>
}

function Transfer({ file, sending }: { file: File; sending: Exclude<Sending, { step: 'sent' }> }): JSX.Element {
  if (sending.step === 'waiting') return <Line>{formatBytes(file.size)} · waiting for the files before it</Line>
  if (sending.step === 'elsewhere') return <Line>{formatBytes(file.size)} · on its way in another tab; goes on here if that is closed</Line>
  if (sending.step === 'failed' || sending.step === 'refused')
    return (
      <>
        <Line>{formatBytes(file.size)}</Line>
        <p class="row-error" role="alert">{sending.message}</p>
      </>
    )
  const { sent, bytesPerSecond, closure } = sending
  return (
    <>
      <ProgressBar value={file.size > 0 ? sent.bytes / file.size : 0} label={`Uploading ${file.name}`} />
      {sent.parts.length > 1 && <PartCells parts={sent.parts} />}
      <Line>
        {formatBytes(sent.bytes)} of {formatBytes(file.size)}
        {closure && ` · ${CLOSURES[closure]}`}
        {bytesPerSecond ? ` · ${formatBytes(bytesPerSecond)}/s · ${formatTimeLeft((file.size - sent.bytes) / bytesPerSecond)}` : ''}
      </Line>
    </>
  )
}

const CLOSURES = { paused: 'paused', offline: 'no connection; goes on by itself' } as const

function Processing({ name, arrived }: { name: string; arrived: Arrived | undefined }): JSX.Element {
  if (arrived?.status === 'ready') return <Line><Icon name="check" /> Ready</Line>
  if (arrived?.status === 'failed') return <p class="row-error" role="alert">{arrived.failure ?? 'Processing failed.'}</p>
  const progress = arrived?.progress ?? 0
  return (
    <>
      <ProgressBar value={progress} label={`Processing ${name}`} />
      <Line>Processing {formatPercent(progress)}{arrived?.playable ? ' · can be watched already' : ''}</Line>
    </>
  )
}
