import { ApiError } from '../api/request'
import type { OpenedUpload, PutUpload, StoredPart, UploadState } from '../api/types'
import { abortUpload, completeUpload, getUpload, openUpload } from '../api/uploads'
import { forgetUpload, rememberUpload, rememberedUpload } from './memory'
import { sendParts } from './multipart'
import { put } from './put'
import { withRetries } from './retry'

export interface SendOptions {
  /** Aborting cancels the upload: the server throws away what has arrived. */
  signal: AbortSignal
  onOpened: (videoId: string) => void
  onProgress: (sentBytes: number) => void
}

/**
 * Sends a file straight to object storage and answers with the id of its video, which is then being processed.
 * A file whose upload was interrupted, in this visit or an earlier one, continues where it stopped.
 */
export async function sendFile(file: File, options: SendOptions): Promise<string> {
  const { signal } = options
  let uploadId: string | null = null
  try {
    const { upload, stored, isStored } = await continueOrOpen(file, signal)
    uploadId = upload.id
    options.onOpened(upload.video_id)
    if (!isStored) await sendBytes(file, upload, stored, options)
    forgetUpload(file)
    return upload.video_id
  } catch (error) {
    if (signal.aborted) {
      forgetUpload(file)
      // The session expires by itself if this call fails too.
      if (uploadId) await abortUpload(uploadId).catch(() => {})
    }
    throw error
  }
}

/** Gives up an upload that is not running: the server throws away what has arrived. */
export async function giveUp(file: File): Promise<void> {
  const uploadId = rememberedUpload(file)
  forgetUpload(file)
  if (uploadId) await abortUpload(uploadId).catch(() => {})
}

interface Beginning {
  upload: OpenedUpload
  stored: StoredPart[]
  isStored: boolean
}

async function continueOrOpen(file: File, signal: AbortSignal): Promise<Beginning> {
  const known = await remembered(file, signal)
  if (known) return { upload: known, stored: known.parts ?? [], isStored: known.status === 'stored' }
  const content_type = file.type || 'application/octet-stream'
  const upload = await withRetries(() => openUpload({ filename: file.name, size: file.size, content_type }, signal), signal)
  rememberUpload(file, upload.id)
  return { upload, stored: [], isStored: false }
}

async function remembered(file: File, signal: AbortSignal): Promise<UploadState | null> {
  const id = rememberedUpload(file)
  if (!id) return null
  try {
    return await withRetries(() => getUpload(id, signal), signal)
  } catch (error) {
    const isGone = error instanceof ApiError && (error.status === 404 || error.status === 410)
    if (!isGone) throw error
    forgetUpload(file)
    return null
  }
}

async function sendBytes(file: File, upload: OpenedUpload, stored: StoredPart[], options: SendOptions): Promise<void> {
  const { signal } = options
  if (upload.mode === 'put') {
    await sendWhole(file, upload, options)
    await withRetries(() => completeUpload(upload.id, undefined, signal), signal)
    return
  }
  const parts = await sendParts(file, upload, stored, signal, options.onProgress)
  await withRetries(() => completeUpload(upload.id, parts, signal), signal)
}

async function sendWhole(file: File, opened: PutUpload, { signal, onProgress }: SendOptions): Promise<void> {
  let { url, headers = {} } = opened
  const signAgain = async (): Promise<void> => {
    const fresh = await getUpload(opened.id, signal)
    if (fresh.mode === 'put') ({ url, headers = {} } = fresh)
  }
  // No address any more: a try that seemed to fail has arrived after all.
  const attempt = async (): Promise<unknown> => url && put(url, file, { headers, signal, onProgress })
  await withRetries(attempt, signal, signAgain)
}
