import type { UploadLimits } from '../api/types'
import { formatBytes } from '../format'

/** Browsers know no type for these, although they are videos. */
const VIDEO_NAMES = /\.(mkv|ts|mts|m2ts|flv|avi|mxf|webm|mov|mp4|m4v|mpe?g|ogv|3gp|wmv)$/i

/** Why the file would be refused, before a byte of it is sent; `null` when nothing speaks against it. */
export function refusal(file: Pick<File, 'name' | 'size' | 'type'>, limits: UploadLimits): string | null {
  if (file.size === 0) return 'The file is empty.'
  if (file.size > limits.max_size)
    return `The file has ${formatBytes(file.size)}; this server takes up to ${formatBytes(limits.max_size)}.`
  if (!accepts(limits.content_types, typeOf(file))) return `This is ${withArticle(typeOf(file))} file; this server takes videos and sound.`
  return null
}

/** What the file is announced as. What it really is, is found out when it is processed. */
export function typeOf({ name, type }: Pick<File, 'name' | 'type'>): string {
  // Some systems call every .ts file TypeScript or text.
  return VIDEO_NAMES.test(name) && !/^(video|audio)\//.test(type) ? 'application/octet-stream' : type || 'application/octet-stream'
}

function accepts(patterns: readonly string[], type: string): boolean {
  const essence = type.split(';')[0]?.trim().toLowerCase() ?? ''
  return patterns.some((pattern) => (pattern.endsWith('/*') ? essence.startsWith(pattern.slice(0, -1)) : essence === pattern))
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}
