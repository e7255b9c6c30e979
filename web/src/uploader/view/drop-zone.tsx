import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../../ui/icon'
import { noteHandle, type FileHandle } from '../handles'
import type { UploadQueue } from '../queue'

const ACCEPTED = 'video/*,audio/*,.mkv,.ts,.mts,.m2ts,.flv'

interface Props {
  queue: UploadQueue
  /** Where files may be dropped: the whole page, or an element. They are pasted anywhere. */
  target: EventTarget
  /** Further ways to bring files: a button among the others, and what it opens. */
  button?: ComponentChildren
  children?: ComponentChildren
}

/** Takes files by picking, by pasting, and by dropping them. */
export function DropZone({ queue, target, button, children }: Props): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const add = (files: Iterable<File>): void => void queue.add(files)
  useEffect(() => listenTo(target, { setOver, add }), [target, queue])
  const onChange = (): void => {
    if (!input.current) return
    add(input.current.files ?? [])
    // Choosing the same file again must be a change again.
    input.current.value = ''
  }
  return (
    <section class={isOver ? 'drop-zone over' : 'drop-zone'} aria-label="Upload">
      <Icon name="upload" />
      <div>
        <p class="drop-title">{isTouched() ? 'Choose videos' : 'Drop videos here'}</p>
        <p class="quiet">{isTouched() ? '' : 'or paste them. '}An interrupted upload goes on where it stopped.</p>
      </div>
      <div class="drop-actions">
        {button}
        <button type="button" class="primary" onClick={() => void choose(input.current, add)}>Choose files</button>
      </div>
      <input ref={input} type="file" class="unseen" tabIndex={-1} multiple aria-label="Files to upload"
        accept={ACCEPTED} onChange={onChange} />
      {children}
    </section>
  )
}

/** Fingers drop nothing. */
export const isTouched = (): boolean => matchMedia('(pointer: coarse)').matches

type Add = (files: Iterable<File>) => void
type Picker = (options: { multiple: boolean }) => Promise<FileHandle[]>

/** With the picker that gives handles where there is one, so that an upload can go on without choosing the file again. */
async function choose(input: HTMLInputElement | null, add: Add): Promise<void> {
  const { showOpenFilePicker } = window as { showOpenFilePicker?: Picker }
  if (!showOpenFilePicker) return input?.click()
  try {
    add(await filesOfHandles(await showOpenFilePicker({ multiple: true })))
  } catch (error) {
    // Nothing was chosen; everything else the plain picker may still do.
    if (!(error instanceof DOMException && error.name === 'AbortError')) input?.click()
  }
}

function filesOfHandles(handles: readonly FileHandle[]): Promise<File[]> {
  return Promise.all(handles.map(async (handle) => {
    const file = await handle.getFile()
    noteHandle(file, handle)
    return file
  }))
}

/** Calls `add` with files that are dropped on the target or pasted anywhere, until the answer is called. */
export function listenTo(target: EventTarget, { setOver, add }: { setOver: (isOver: boolean) => void; add: Add }): () => void {
  const listening = new AbortController()
  const on = <K extends keyof WindowEventMap>(type: K, listener: (event: WindowEventMap[K]) => void): void =>
    target.addEventListener(type, listener as EventListener, { signal: listening.signal })
  on('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    setOver(true)
  })
  on('dragleave', (event) => {
    // Only leaving it counts, not passing from one element in it to another.
    const next = event.relatedTarget
    if (!next || (target instanceof Node && next instanceof Node && !target.contains(next))) setOver(false)
  })
  on('drop', (event) => {
    event.preventDefault()
    setOver(false)
    void droppedFiles(event.dataTransfer).then(add)
  })
  window.addEventListener('paste', (event) => {
    if (!isForText(event)) add(filesOf(event.clipboardData))
  }, { signal: listening.signal })
  return () => listening.abort()
}

/** Fields of the page around take what is pasted into them. */
function isForText(event: ClipboardEvent): boolean {
  const [place] = event.composedPath()
  return place instanceof HTMLElement && (place.isContentEditable || place.matches('input, textarea'))
}

type HandedItem = DataTransferItem & { getAsFileSystemHandle?: () => Promise<unknown> }

async function droppedFiles(transfer: DataTransfer | null): Promise<File[]> {
  // Handles have to be asked for before the event is over.
  const items = plainFiles(transfer) as HandedItem[]
  const handles = items.map((item) => item.getAsFileSystemHandle?.().catch(() => null))
  const files = items.map((item) => item.getAsFile())
  for (const [index, file] of files.entries()) {
    const handle = await handles[index]
    if (file && handle) noteHandle(file, handle as FileHandle)
  }
  return files.filter((file) => file !== null)
}

/** Without folders, which look like files that cannot be read. */
function plainFiles(transfer: DataTransfer | null): DataTransferItem[] {
  return [...(transfer?.items ?? [])].filter((item) => item.kind === 'file' && !item.webkitGetAsEntry()?.isDirectory)
}

function filesOf(transfer: DataTransfer | null): File[] {
  return plainFiles(transfer).flatMap((item) => item.getAsFile() ?? [])
}
