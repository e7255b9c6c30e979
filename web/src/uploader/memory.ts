// Which upload a file belongs to, so that it goes on after a reload, in this browser.

const PREFIX = 'telecine.upload:'

/** An upload that was begun in this browser and has not ended. */
export interface Remembered {
  uploadId: string
  name: string
  size: number
  lastModified: number
  /** All of it has arrived. It is kept until the page is loaded again, for tabs that wait with the same file. */
  isDone?: boolean
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
  const entry = entryOf(PREFIX + fingerprint(file))
  return entry && !entry.isDone ? entry.uploadId : null
}

/** Whether this browser has brought the file, in this tab or another. */
export function isRememberedAsDone(file: File): boolean {
  return entryOf(PREFIX + fingerprint(file))?.isDone === true
}

export function rememberAsDone(file: File): void {
  const key = PREFIX + fingerprint(file)
  const entry = entryOf(key)
  if (entry) quietly(() => localStorage.setItem(key, JSON.stringify({ ...entry, isDone: true })))
}

export function rememberUpload(file: File, uploadId: string): void {
  const { name, size, lastModified } = file
  const entry: Remembered = { uploadId, name, size, lastModified }
  quietly(() => localStorage.setItem(PREFIX + fingerprint(file), JSON.stringify(entry)))
}

export function forgetUpload(file: Pick<File, 'name' | 'size' | 'lastModified'>): void {
  quietly(() => localStorage.removeItem(PREFIX + fingerprint(file)))
}

/** Every upload that this browser remembers, but for those that were begun before it remembered names. */
export function rememberedUploads(): Remembered[] {
  const keys = quietly(() => Object.keys(localStorage)) ?? []
  return keys.filter((key) => key.startsWith(PREFIX)).flatMap((key) => entryOf(key) ?? []).filter(({ name }) => name)
}

function entryOf(key: string): Remembered | null {
  const text = quietly(() => localStorage.getItem(key))
  if (!text) return null
  // Earlier releases kept the id alone.
  const entry = quietly(() => JSON.parse(text) as Remembered) ?? { uploadId: text, name: '', size: 0, lastModified: 0 }
  return typeof entry.uploadId === 'string' ? entry : null
}
