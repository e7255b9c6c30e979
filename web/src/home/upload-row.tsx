import type { ComponentChildren, JSX } from 'preact'
import type { Video } from '../api/types'
import { formatBytes, formatPercent, formatTimeLeft } from '../format'
import { renewAddresses, videos } from '../videos'
import { videoPath } from '../router'
import { Icon } from '../ui/icon'
import { Poster } from '../ui/poster'
import { ProgressBar } from '../ui/status'
import { PartCells } from './part-cells'
import { dismiss, isActive, pauseUpload, resumeUpload, retry, type Sending, type Upload } from './upload-queue'

/** One file from choosing it to watching it. */
export function UploadRow({ upload }: { upload: Upload }): JSX.Element {
  const sending = upload.sending.value
  const video = sending.step === 'sent' ? videos.value.get(upload.videoId.value ?? '') : undefined
  return (
    <li class="row" data-state={video?.status ?? sending.step}>
      <Poster url={video?.playback?.poster} onBroken={() => video && renewAddresses(video.id)} />
      <div class="row-body">
        <p class="row-name" title={upload.file.name}>{upload.file.name}</p>
        {sending.step === 'sent' ? <Arrived video={video} /> : <Transfer file={upload.file} sending={sending} />}
      </div>
      <div class="row-actions">
        {sending.step === 'sending' && <Pause upload={upload} isPaused={sending.closure === 'paused'} />}
        {sending.step === 'failed' && (
          <button type="button" onClick={() => retry(upload)}><Icon name="retry" /> Try again</button>
        )}
        {video?.playable && <a class="button primary" href={videoPath(video.id)}>Watch</a>}
        <Leave upload={upload} />
      </div>
    </li>
  )
}

function Pause({ upload, isPaused }: { upload: Upload; isPaused: boolean }): JSX.Element {
  const name = isPaused ? 'Resume' : 'Pause'
  return (
    <button type="button" class="bare" aria-label={`${name} the upload of ${upload.file.name}`} title={name}
      onClick={() => (isPaused ? resumeUpload(upload) : pauseUpload(upload))}>
      <Icon name={isPaused ? 'play' : 'pause'} />
    </button>
  )
}

function Leave({ upload }: { upload: Upload }): JSX.Element {
  const isRunning = isActive(upload)
  const label = `${isRunning ? 'Cancel the upload of' : 'Remove from this list:'} ${upload.file.name}`
  return (
    <button type="button" class="bare" aria-label={label} title={isRunning ? 'Cancel' : 'Remove from this list'}
      onClick={() => dismiss(upload)}>
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

function Arrived({ video }: { video: Video | undefined }): JSX.Element {
  if (video?.status === 'ready') return <Line><Icon name="check" /> Ready</Line>
  if (video?.status === 'failed') return <p class="row-error" role="alert">{video.failure?.message ?? 'Processing failed.'}</p>
  const progress = video?.progress ?? 0
  return (
    <>
      <ProgressBar value={progress} label={`Processing ${video?.title ?? 'the video'}`} />
      <Line>Processing {formatPercent(progress)}{video?.playable ? ' · can be watched already' : ''}</Line>
    </>
  )
}
