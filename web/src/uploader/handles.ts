// Handles of files: with one, an upload that was broken off goes on after one click, without looking for the file again.
// Chromium has them; other browsers ask for the file.

const DATABASE = 'telecine'
const STORE = 'handles'

/** What TypeScript's own types leave out. */
export interface FileHandle {
  getFile: () => Promise<File>
  requestPermission?: (wish: { mode: 'read' }) => Promise<PermissionState>
}

const known = new WeakMap<File, FileHandle>()

/** Notes where a file that somebody has chosen or dropped comes from. */
export function noteHandle(file: File, handle: FileHandle): void {
  known.set(file, handle)
}

/** Keeps the handle of a file, if there is one, until its upload has ended. */
export async function keepHandle(file: File, fingerprint: string): Promise<void> {
  const handle = known.get(file)
  if (handle) await inStore('readwrite', (store) => store.put(handle, fingerprint)).catch(() => {})
}

export async function dropHandle(fingerprint: string): Promise<void> {
  await inStore('readwrite', (store) => store.delete(fingerprint)).catch(() => {})
}

export async function keptHandle(fingerprint: string): Promise<FileHandle | null> {
  return inStore('readonly', (store) => store.get(fingerprint)).then((handle) => (handle as FileHandle | undefined) ?? null).catch(() => null)
}

async function inStore<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const database = await done(opening)
  try {
    return await done(use(database.transaction(STORE, mode).objectStore(STORE)))
  } finally {
    database.close()
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the browser keeps no handles'))
  })
}
