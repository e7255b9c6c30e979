import { ApiError } from '../api/call'
import type { OpenedUpload, PutUpload, StoredPart, UploadState } from '../api/types'
import type { UploadApi } from '../api/uploads'
import { abandon } from './abandon'
import { typeOf } from './check'
import type { Gate } from './gate'
import { alone } from './lock'
import type { Memory } from './memory'
import { sendParts, type SentPart } from './multipart'
import { Progress, type Sent } from './progress'
import { put, StorageError } from './put'
import { withRetries } from './retry'

export interface SendOptions {
  api: UploadApi
  memory: Memory
  /** Aborting cancels the upload: the server throws away what has arrived, unless the reason is a {@link LeftError}. */
  signal: AbortSignal
  /** Closed while the upload is paused or the line is gone. */
  gate: Gate
  onOpened: (upload: { uploadId: string; videoId: string }) => void
  onProgress: (sent: Sent) => void
  /** Another tab sends this file; it is waited for. */
  onElsewhere: () => void
}

/** Times that an upload which expired on its way, such as on a machine that slept, begins anew. Each takes an hour of rest. */
const MAX_RENEWALS = 10

/**
 * Sends a file straight to object storage and answers with the id of its video, which is then being processed.
 * A file whose upload was interrupted, in this visit or an earlier one, continues where it stopped.
 */
export function sendFile(file: File, options: SendOptions): Promise<string> {
  return alone(options.memory.fingerprint(file), options.signal, options.onElsewhere, async (hasWaited) => {
    // To send the file once more would make a second video.
    if (hasWaited && options.memory.isDone(file)) throw new EndedElsewhereError()
    return send(file, options)
  })
}

/** The uploader goes, and whoever comes after it may go on with the file. */
export class LeftError extends Error {}

/** Another tab has uploaded this file. */
export class EndedElsewhereError extends Error {}

async function send(file: File, options: SendOptions, renewals = 0): Promise<string> {
  const { api, memory, signal, gate } = options
  // Whoever sends it once more means another video, also for the tabs that wait.
  if (memory.isDone(file)) memory.forget(file)
  let uploadId: string | null = null
  try {
    const { upload, stored, isStored } = await gate.run(() => continueOrOpen(api, memory, file, signal), signal)
    uploadId = upload.id
    options.onOpened({ uploadId: upload.id, videoId: upload.video_id })
    if (!isStored) await sendBytes(file, upload, stored, options)
    memory.noteDone(file)
    return upload.video_id
  } catch (error) {
    if (signal.aborted && !(signal.reason instanceof LeftError)) {
      uploadId ??= memory.upload(file)
      memory.forget(file)
      if (uploadId) void abandon(api, uploadId)
    }
    if (signal.aborted || !hasExpired(error) || renewals === MAX_RENEWALS) throw error
    memory.forget(file)
    return send(file, options, renewals + 1)
  }
}

/** Gives up an upload that is not running: the server throws away what has arrived. */
export async function giveUp(api: UploadApi, memory: Memory, file: File): Promise<void> {
  const uploadId = memory.upload(file)
  memory.forget(file)
  if (uploadId) await abandon(api, uploadId)
}

interface Beginning {
  upload: OpenedUpload
  stored: StoredPart[]
  isStored: boolean
}

async function continueOrOpen(api: UploadApi, memory: Memory, file: File, signal: AbortSignal): Promise<Beginning> {
  const known = await remembered(api, memory, file, signal)
  const beginning = known && (await continued(api, known, signal))
  if (beginning) return beginning
  const content_type = typeOf(file)
  const upload = await withRetries(() => api.open({ filename: file.name, size: file.size, content_type }, signal), signal)
  memory.note(file, upload.id)
  return { upload, stored: [], isStored: false }
}

/** Where a known upload goes on; `null` when storage has dropped what it had and nothing can be added any more. */
async function continued(api: UploadApi, upload: UploadState, signal: AbortSignal): Promise<Beginning | null> {
  const stored = upload.parts ?? []
  if (upload.status === 'stored' || stored.length > 0) return { upload, stored, isStored: upload.status === 'stored' }
  // No parts are listed before the first has arrived, and after storage has joined them: completing tells which.
  try {
    await complete(api, upload.id, undefined, signal)
    return { upload, stored, isStored: true }
  } catch (error) {
    if (isGone(error)) return null
    if (!(error instanceof ApiError) || error.status !== 409) throw error
    const isLost = upload.mode === 'multipart' && error.code !== 'parts_missing'
    return isLost ? null : { upload, stored, isStored: false }
  }
}

async function remembered(api: UploadApi, memory: Memory, file: File, signal: AbortSignal): Promise<UploadState | null> {
  const id = memory.upload(file)
  if (!id) return null
  try {
    const upload = await withRetries(() => api.read(id, signal), signal)
    if (upload.status !== 'expired') return upload
  } catch (error) {
    if (!isGone(error)) throw error
  }
  memory.forget(file)
  return null
}

function hasExpired(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'upload_expired'
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 410)
}

async function sendBytes(file: File, upload: OpenedUpload, stored: StoredPart[], options: SendOptions): Promise<void> {
  const { api, signal, gate } = options
  if (upload.mode === 'put') {
    await sendWhole(file, upload, options)
    await gate.run(() => complete(api, upload.id, undefined, signal), signal)
    return
  }
  try {
    const parts = await sendParts(file, upload, stored, options)
    await gate.run(() => complete(api, upload.id, parts, signal), signal)
  } catch (error) {
    if (signal.aborted || !isClosed(error)) throw error
    // Another tab or storage itself was faster. If it was not, the answer says what is wrong with the upload.
    await complete(api, upload.id, undefined, signal)
  }
}

async function complete(api: UploadApi, uploadId: string, parts: SentPart[] | undefined, signal: AbortSignal): Promise<void> {
  await withRetries(() => api.complete(uploadId, parts, signal), signal)
}

/** The upload takes no more parts: the server says so with a code, storage by not knowing it. */
function isClosed(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 404 || error.code === 'upload_complete'
  return error instanceof StorageError && error.status === 404
}

async function sendWhole(file: File, opened: PutUpload, { api, signal, gate, onProgress }: SendOptions): Promise<void> {
  let { url, headers = {} } = opened
  const signAgain = async (): Promise<void> => {
    const fresh = await api.read(opened.id, signal)
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
