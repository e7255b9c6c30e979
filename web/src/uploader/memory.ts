// Which upload a file belongs to, so that it goes on after a reload, in this browser.

const PREFIX = 'telecine.upload:'

/** An upload that was begun in this browser and has not ended. */
export interface Remembered {
  uploadId: string
  name: string
  size: number
  lastModified: number
}

/** Two files that agree in all three are taken for the same one; hashing gigabytes first would cost minutes. */
export function fingerprint({ name, size, lastModified }: Pick<File, 'name' | 'size' | 'lastModified'>): string {
  return `${name}:${size}:${lastModified}`
}

// Storage can be forbidden or full. An upload works without memory, it just cannot be continued later.
function quietly<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}

export function rememberedUpload(file: File): string | null {
  return entryOf(PREFIX + fingerprint(file))?.uploadId ?? null
}

export function rememberUpload(file: File, uploadId: string): void {
  const { name, size, lastModified } = file
  const entry: Remembered = { uploadId, name, size, lastModified }
  quietly(() => localStorage.setItem(PREFIX + fingerprint(file), JSON.stringify(entry)))
}

export function forgetUpload(file: Pick<File, 'name' | 'size' | 'lastModified'>): void {
  quietly(() => localStorage.removeItem(PREFIX + fingerprint(file)))
}

/** Every upload that this browser remembers. */
export function rememberedUploads(): Remembered[] {
  const keys = quietly(() => Object.keys(localStorage)) ?? []
  return keys.filter((key) => key.startsWith(PREFIX)).flatMap((key) => entryOf(key) ?? [])
}

function entryOf(key: string): Remembered | null {
  const text = quietly(() => localStorage.getItem(key))
  const entry = text && (quietly(() => JSON.parse(text)) as Remembered | null)
  return entry && typeof entry.uploadId === 'string' ? entry : null
}
