import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../ui/icon'
import { noteHandle, type FileHandle } from '../uploader/handles'
import { ImportForm } from './import-form'
import { addFiles } from './upload-queue'

const ACCEPTED = 'video/*,audio/*,.mkv,.ts,.mts,.m2ts,.flv'

/** Takes files by picking, by pasting, and by dropping them anywhere on the page; and addresses of files elsewhere. */
export function DropZone(): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const [isImporting, setImporting] = useState(false)
  useEffect(() => listenToPage(setOver), [])
  const onChange = (): void => {
    if (!input.current) return
    void addFiles(input.current.files ?? [])
    // Choosing the same file again must be a change again.
    input.current.value = ''
  }
  return (
    <section class={isOver ? 'drop-zone over' : 'drop-zone'} aria-label="Upload">
      <Icon name="upload" />
      <div>
        <p class="drop-title">Drop videos here</p>
        <p class="quiet">or paste them. An interrupted upload goes on where it stopped.</p>
      </div>
      <div class="drop-actions">
        <button type="button" aria-expanded={isImporting} onClick={() => setImporting(!isImporting)}>
          <Icon name="link" /> Import links
        </button>
        <button type="button" class="primary" onClick={() => void choose(input.current)}>Choose files</button>
      </div>
      <input ref={input} type="file" class="unseen" tabIndex={-1} multiple aria-label="Files to upload"
        accept={ACCEPTED} onChange={onChange} />
      {isImporting && <ImportForm onDone={() => setImporting(false)} />}
    </section>
  )
}

type Picker = (options: { multiple: boolean }) => Promise<FileHandle[]>

/** With the picker that gives handles where there is one, so that an upload can go on without choosing the file again. */
async function choose(input: HTMLInputElement | null): Promise<void> {
  const { showOpenFilePicker } = window as { showOpenFilePicker?: Picker }
  if (!showOpenFilePicker) return input?.click()
  try {
    await addHandles(await showOpenFilePicker({ multiple: true }))
  } catch (error) {
    // Nothing was chosen; everything else the plain picker may still do.
    if (!(error instanceof DOMException && error.name === 'AbortError')) input?.click()
  }
}

async function addHandles(handles: readonly FileHandle[]): Promise<void> {
  const files = await Promise.all(handles.map(async (handle) => {
    const file = await handle.getFile()
    noteHandle(file, handle)
    return file
  }))
  await addFiles(files)
}

function listenToPage(setOver: (isOver: boolean) => void): () => void {
  const listening = new AbortController()
  const on = <K extends keyof WindowEventMap>(type: K, listener: (event: WindowEventMap[K]) => void): void =>
    addEventListener(type, listener, { signal: listening.signal })
  on('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    setOver(true)
  })
  on('dragleave', (event) => {
    // Only leaving the window counts, not passing from one element to another.
    if (!event.relatedTarget) setOver(false)
  })
  on('drop', (event) => {
    event.preventDefault()
    setOver(false)
    void addDropped(event.dataTransfer)
  })
  on('paste', (event) => void addFiles(filesOf(event.clipboardData)))
  return () => listening.abort()
}

type HandedItem = DataTransferItem & { getAsFileSystemHandle?: () => Promise<unknown> }

async function addDropped(transfer: DataTransfer | null): Promise<void> {
  // Handles have to be asked for before the event is over.
  const items = plainFiles(transfer) as HandedItem[]
  const handles = items.map((item) => item.getAsFileSystemHandle?.().catch(() => null))
  const files = items.map((item) => item.getAsFile())
  for (const [index, file] of files.entries()) {
    const handle = await handles[index]
    if (file && handle) noteHandle(file, handle as FileHandle)
  }
  await addFiles(files.filter((file) => file !== null))
}

/** Without folders, which look like files that cannot be read. */
function plainFiles(transfer: DataTransfer | null): DataTransferItem[] {
  return [...(transfer?.items ?? [])].filter((item) => item.kind === 'file' && !item.webkitGetAsEntry()?.isDirectory)
}

function filesOf(transfer: DataTransfer | null): File[] {
  return plainFiles(transfer).flatMap((item) => item.getAsFile() ?? [])
}
