import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { formatBytes } from '../../format'
import { Icon } from '../../ui/icon'
import { Interrupted } from '../interrupted'
import type { Remembered } from '../memory'
import type { UploadQueue } from '../queue'

/** Uploads that were broken off by closing the page, with what it takes to go on. */
export function InterruptedRows({ queue }: { queue: UploadQueue }): JSX.Element | null {
  const interrupted = useMemo(() => new Interrupted(queue), [queue])
  useEffect(() => interrupted.watch(), [interrupted])
  const entries = interrupted.entries.value
  if (entries.length === 0) return null
  return (
    <ul class="rows" aria-label="Interrupted uploads">
      {entries.map((entry) => <InterruptedRow key={interrupted.keyOf(entry)} interrupted={interrupted} entry={entry} />)}
    </ul>
  )
}

function InterruptedRow({ interrupted, entry }: { interrupted: Interrupted; entry: Remembered }): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const [failure, setFailure] = useState('')
  const goOn = async (file: File | undefined): Promise<void> => {
    if (file) setFailure((await interrupted.goOnWith(entry, file)) ?? '')
  }
  const onContinue = async (): Promise<void> => {
    const file = await interrupted.file(entry)
    if (file) await goOn(file)
    else input.current?.click()
  }
  return (
    <li class="row" data-state="interrupted">
      <div class="poster"><Icon name="pause" /></div>
      <div class="row-body">
        <p class="row-name" title={entry.name}>{entry.name}</p>
        <p class="row-line number">{formatBytes(entry.size)} · interrupted; what has arrived is kept for a while</p>
        {failure && <p class="row-error" role="alert">{failure}</p>}
      </div>
      <div class="row-actions">
        <button type="button" onClick={() => void onContinue()}><Icon name="play" /> Go on</button>
        <button type="button" class="bare" aria-label={`Discard the upload of ${entry.name}`} title="Discard"
          onClick={() => void interrupted.discard(entry)}>
          <Icon name="cross" />
        </button>
      </div>
      <input ref={input} type="file" class="unseen" tabIndex={-1} aria-label={`The file ${entry.name}`}
        onChange={(event) => void goOn(event.currentTarget.files?.[0])} />
    </li>
  )
}
