import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../ui/icon'
import { addFiles } from './upload-queue'

/** Takes files by picking, by pasting, and by dropping them anywhere on the page. */
export function DropZone(): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  useEffect(() => listenToPage(setOver), [])
  const onChange = (): void => {
    if (!input.current) return
    addFiles(input.current.files ?? [])
    // Choosing the same file again must be a change again.
    input.current.value = ''
  }
  return (
    <section class={isOver ? 'drop-zone over' : 'drop-zone'} aria-label="Upload">
      <Icon name="upload" />
      <div>
        <p class="drop-title">Drop videos here</p>
        <p class="quiet">or paste them. An interrupted upload continues when you choose the same file again.</p>
      </div>
      <button type="button" class="primary" onClick={() => input.current?.click()}>
        Choose files
      </button>
      <input ref={input} type="file" class="unseen" tabIndex={-1} multiple aria-label="Files to upload"
        accept="video/*,audio/*,.mkv,.ts,.mts,.m2ts,.flv" onChange={onChange} />
    </section>
  )
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
    addFiles(filesOf(event.dataTransfer))
  })
  on('paste', (event) => addFiles(filesOf(event.clipboardData)))
  return () => listening.abort()
}

/** Without folders, which look like files that cannot be read. */
function filesOf(transfer: DataTransfer | null): File[] {
  return [...(transfer?.items ?? [])]
    .filter((item) => item.kind === 'file' && !item.webkitGetAsEntry()?.isDirectory)
    .flatMap((item) => item.getAsFile() ?? [])
}
