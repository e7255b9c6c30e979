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

type Named = Pick<File, 'name' | 'size' | 'lastModified'>

// Storage can be forbidden or full. An upload works without memory, it just cannot be continued later.
function quietly<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}

/** What this browser knows of the uploads to one server. */
export class Memory {
  /** `server` is empty for the page's own. */
  constructor(private readonly server: string) {}

  /**
   * Names a file of uploads to this server. Two files that agree in name, size and date are taken for the same one; hashing
   * gigabytes first would cost minutes.
   */
  fingerprint({ name, size, lastModified }: Named): string {
    return `${this.server && `${this.server} `}${name}:${size}:${lastModified}`
  }

  upload(file: Named): string | null {
    const entry = entryOf(this.place(file))
    return entry && !entry.isDone ? entry.uploadId : null
  }

  /** Whether this browser has brought the file, in this tab or another. */
  isDone(file: Named): boolean {
    return entryOf(this.place(file))?.isDone === true
  }

  noteDone(file: Named): void {
    const entry = entryOf(this.place(file))
    if (entry) quietly(() => localStorage.setItem(this.place(file), JSON.stringify({ ...entry, isDone: true })))
  }

  note(file: Named, uploadId: string): void {
    const { name, size, lastModified } = file
    const entry: Remembered = { uploadId, name, size, lastModified }
    quietly(() => localStorage.setItem(this.place(file), JSON.stringify(entry)))
  }

  forget(file: Named): void {
    quietly(() => localStorage.removeItem(this.place(file)))
  }

  /** Every upload to this server, but for those that were begun before names were remembered. */
  all(): Remembered[] {
    const keys = quietly(() => Object.keys(localStorage)) ?? []
    return keys.filter((key) => key.startsWith(PREFIX)).flatMap((key) => {
      const entry = entryOf(key)
      return entry && key === this.place(entry) ? entry : []
    })
  }

  private place(file: Named): string {
    return PREFIX + this.fingerprint(file)
  }
}

function entryOf(key: string): Remembered | null {
  const text = quietly(() => localStorage.getItem(key))
  if (!text) return null
  // Earlier releases kept the id alone.
  const entry = quietly(() => JSON.parse(text) as Remembered) ?? { uploadId: text, name: '', size: 0, lastModified: 0 }
  return typeof entry.uploadId === 'string' ? entry : null
}
