import { ApiError } from '../api/call'
import type { OpenedUpload, PutUpload, StoredPart, UploadState } from '../api/types'
import { completeUpload, getUpload, openUpload } from '../api/uploads'
import { abandon } from './abandon'
import { typeOf } from './check'
import type { Gate } from './gate'
import { alone } from './lock'
import { fingerprint, forgetUpload, isRememberedAsDone, rememberAsDone, rememberUpload, rememberedUpload } from './memory'
import { sendParts, type SentPart } from './multipart'
import { Progress, type Sent } from './progress'
import { put, StorageError } from './put'
import { withRetries } from './retry'

export interface SendOptions {
  /** Aborting cancels the upload: the server throws away what has arrived. */
  signal: AbortSignal
  /** Closed while the upload is paused or the line is gone. */
  gate: Gate
  onOpened: (videoId: string) => void
  onProgress: (sent: Sent) => void
  /** Another tab sends this file; it is waited for. */
  onElsewhere: () => void
}

/**
 * Sends a file straight to object storage and answers with the id of its video, which is then being processed.
 * A file whose upload was interrupted, in this visit or an earlier one, continues where it stopped.
 */
export function sendFile(file: File, options: SendOptions): Promise<string> {
  return alone(fingerprint(file), options.signal, options.onElsewhere, async (hasWaited) => {
    // To send the file once more would make a second video.
    if (hasWaited && isRememberedAsDone(file)) throw new EndedElsewhereError()
    return send(file, options)
  })
}

/** Another tab has uploaded this file. */
export class EndedElsewhereError extends Error {}

async function send(file: File, options: SendOptions): Promise<string> {
  const { signal, gate } = options
  // Whoever sends it once more means another video, also for the tabs that wait.
  if (isRememberedAsDone(file)) forgetUpload(file)
  let uploadId: string | null = null
  try {
    const { upload, stored, isStored } = await gate.run(() => continueOrOpen(file, signal), signal)
    uploadId = upload.id
    options.onOpened(upload.video_id)
    if (!isStored) await sendBytes(file, upload, stored, options)
    rememberAsDone(file)
    return upload.video_id
  } catch (error) {
    if (signal.aborted) {
      uploadId ??= rememberedUpload(file)
      forgetUpload(file)
      if (uploadId) void abandon(uploadId)
    }
    throw error
  }
}

/** Gives up an upload that is not running: the server throws away what has arrived. */
export async function giveUp(file: File): Promise<void> {
  const uploadId = rememberedUpload(file)
  forgetUpload(file)
  if (uploadId) await abandon(uploadId)
}

interface Beginning {
  upload: OpenedUpload
  stored: StoredPart[]
  isStored: boolean
}

async function continueOrOpen(file: File, signal: AbortSignal): Promise<Beginning> {
  const known = await remembered(file, signal)
  const beginning = known && (await continued(known, signal))
  if (beginning) return beginning
  const content_type = typeOf(file)
  const upload = await withRetries(() => openUpload({ filename: file.name, size: file.size, content_type }, signal), signal)
  rememberUpload(file, upload.id)
  return { upload, stored: [], isStored: false }
}

/** Where a known upload goes on; `null` when storage has dropped what it had and nothing can be added any more. */
async function continued(upload: UploadState, signal: AbortSignal): Promise<Beginning | null> {
  const stored = upload.parts ?? []
  if (upload.status === 'stored' || stored.length > 0) return { upload, stored, isStored: upload.status === 'stored' }
  // No parts are listed before the first has arrived, and after storage has joined them: completing tells which.
  try {
    await complete(upload.id, undefined, signal)
    return { upload, stored, isStored: true }
  } catch (error) {
    if (isGone(error)) return null
    if (!(error instanceof ApiError) || error.status !== 409) throw error
    const isLost = upload.mode === 'multipart' && error.code !== 'parts_missing'
    return isLost ? null : { upload, stored, isStored: false }
  }
}

async function remembered(file: File, signal: AbortSignal): Promise<UploadState | null> {
  const id = rememberedUpload(file)
  if (!id) return null
  try {
    const upload = await withRetries(() => getUpload(id, signal), signal)
    if (upload.status !== 'expired') return upload
  } catch (error) {
    if (!isGone(error)) throw error
  }
  forgetUpload(file)
  return null
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 410)
}

async function sendBytes(file: File, upload: OpenedUpload, stored: StoredPart[], options: SendOptions): Promise<void> {
  const { signal, gate } = options
  if (upload.mode === 'put') {
    await sendWhole(file, upload, options)
    await gate.run(() => complete(upload.id, undefined, signal), signal)
    return
  }
  try {
    const parts = await sendParts(file, upload, stored, options)
    await gate.run(() => complete(upload.id, parts, signal), signal)
  } catch (error) {
    if (signal.aborted || !isClosed(error)) throw error
    // Another tab or storage itself was faster. If it was not, the answer says what is wrong with the upload.
    await complete(upload.id, undefined, signal)
  }
}

async function complete(uploadId: string, parts: SentPart[] | undefined, signal: AbortSignal): Promise<void> {
  await withRetries(() => completeUpload(uploadId, parts, signal), signal)
}

/** The upload takes no more parts: the server says so with a code, storage by not knowing it. */
function isClosed(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 404 || error.code === 'upload_complete'
  return error instanceof StorageError && error.status === 404
}

async function sendWhole(file: File, opened: PutUpload, { signal, gate, onProgress }: SendOptions): Promise<void> {
  let { url, headers = {} } = opened
  const signAgain = async (): Promise<void> => {
    const fresh = await getUpload(opened.id, signal)
    if (fresh.mode === 'put') ({ url, headers = {} } = fresh)
  }
  // No address any more: a try that seemed to fail has arrived after all.
  const progress = new Progress([file.size], ({ bytes }) => onProgress({ bytes, parts: [] }))
  const attempt = async (open: AbortSignal): Promise<unknown> => {
    progress.set(0, 0)
    return url && put(url, file, { headers, signal: open, onProgress: (bytes) => progress.set(0, bytes) })
  }
  await withRetries(() => gate.run(attempt, signal), signal, signAgain)
}
