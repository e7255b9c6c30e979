// The JSON of the API, field by field as the server writes it.

export type VideoStatus = 'pending_upload' | 'processing' | 'ready' | 'failed'

/** Who may watch: whoever may use this server, whoever has the address, or everybody. */
export type Visibility = 'private' | 'unlisted' | 'public'

/** What it takes to play a video. */
export interface WatchPlayback {
  manifest: string
  hls: string
  poster: string | null
  /** The poster in some 25 bytes, in Base64. */
  thumbhash: string | null
}

export interface Playback extends WatchPlayback {
  dash: string
  mp4: string | null
}

/** Pages for people who are not signed in; a private video's are signed and work for 12 hours. */
export interface Links {
  watch: string
  embed: string
}

/** What everybody may know of a video that they may watch. */
export interface WatchedVideo {
  id: string
  status: VideoStatus
  title: string
  description: string
  /** All renditions are there. */
  complete: boolean
  width: number | null
  height: number | null
  /** Null until something is playable. */
  playback: WatchPlayback | null
}

export interface Failure {
  code: string
  message: string
}

export interface Video {
  id: string
  title: string
  description: string
  tags: string[]
  visibility: Visibility
  /** The second that the poster shows; null for the encoder's choice. */
  poster_s: number | null
  status: VideoStatus
  /** The first rendition is published, although others may still be in the making. */
  playable: boolean
  /** 0 to 1. */
  progress: number
  duration_s: number | null
  width: number | null
  height: number | null
  failure: Failure | null
  links: Links
  playback: Playback | null
  created_at: string
  updated_at: string
}

/** What is left out stays as it is. */
export type VideoChange = Partial<Pick<Video, 'title' | 'description' | 'tags' | 'visibility' | 'poster_s'>>

export interface VideoPage {
  items: Video[]
  next_cursor: string | null
}

export interface StoredPart {
  number: number
  etag: string
  size: number
}

interface UploadBase {
  id: string
  video_id: string
  expires_at: string
}

/** One presigned PUT of the whole file; without an address once the file has arrived. */
export interface PutUpload extends UploadBase {
  mode: 'put'
  url?: string
  headers?: Record<string, string>
}

/** Presigned parts of equal size, the last one shorter. */
export interface MultipartUpload extends UploadBase {
  mode: 'multipart'
  part_size: number
  part_count: number
}

export type OpenedUpload = PutUpload | MultipartUpload

/** What GET /uploads/{id} adds: `parts` is what is really in storage. */
export type UploadState = OpenedUpload & { status: 'open' | 'stored' | 'expired'; parts?: StoredPart[] }

export interface PartUrl {
  number: number
  url: string
  headers?: Record<string, string>
}

/** How far an upload and the processing of its video are. */
export interface UploadStatus {
  video_status: VideoStatus
  /** Of the processing, 0 to 1. */
  progress: number
  playable: boolean
  failure: Failure | null
}

/** What may be uploaded. */
export interface UploadLimits {
  /** Bytes. */
  max_size: number
  /** `video/mp4`, or `video/*` for all of a kind. */
  content_types: string[]
}

export interface NewUpload {
  filename: string
  size: number
  content_type: string
  title?: string
}
