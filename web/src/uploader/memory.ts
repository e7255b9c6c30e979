// Which upload a file belongs to, so that choosing the same file again after a reload continues it.

const PREFIX = 'telecine.upload:'

/** Two files that agree in all three are taken for the same one; hashing gigabytes first would cost minutes. */
export function fingerprint(file: File): string {
  return `${file.name}:${file.size}:${file.lastModified}`
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
  return quietly(() => localStorage.getItem(PREFIX + fingerprint(file)))
}

export function rememberUpload(file: File, uploadId: string): void {
  quietly(() => localStorage.setItem(PREFIX + fingerprint(file), uploadId))
}

export function forgetUpload(file: File): void {
  quietly(() => localStorage.removeItem(PREFIX + fingerprint(file)))
}
