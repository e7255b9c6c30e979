import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { cleanUpAssets, type CleanedUp } from '../../api/cache'
import { formatBytes } from '../../format'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'

/** As the server accepts. */
const MAX_DAYS = 3650
const USUAL_DAYS = 30

/** Removes what nobody has asked for in a while; first it says what that would be. */
export function CleanUp({ onDone }: { onDone: () => void }): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  const [asked, setAsked] = useState<{ days: number; would: CleanedUp } | null>(null)
  const onConfirm = async (): Promise<void> => {
    if (!asked) return
    const { assets, bytes } = await cleanUpAssets(asked.days, false)
    notify(`${files(assets)} removed, ${formatBytes(bytes)} freed`)
    setOpen(false)
    onDone()
  }
  return (
    <>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}><Icon name="trash" /> Clean up</button>
      {isOpen && <DaysForm onAsked={setAsked} onClose={() => setOpen(false)} />}
      {asked && (
        <ConfirmDialog question={`Remove ${files(asked.would.assets)}?`} yes="Remove" no={asked.would.assets === 1 ? 'Keep it' : 'Keep them'}
          onConfirm={onConfirm} onClose={() => setAsked(null)}>
          <p>
            Nobody has asked for {asked.would.assets === 1 ? 'it' : 'them'} in {asked.days === 1 ? 'a day' : `${asked.days} days`}.{' '}
            {formatBytes(asked.would.bytes)} would be freed. This cannot be undone.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}

const files = (count: number): string => (count === 1 ? '1 file' : `${count.toLocaleString()} files`)

interface FormProps {
  onAsked: (asked: { days: number; would: CleanedUp }) => void
  onClose: () => void
}

function DaysForm({ onAsked, onClose }: FormProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const [answer, setAnswer] = useState({ text: '', isFailure: false })
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const days = Number(input.current?.value)
    try {
      const would = await cleanUpAssets(days, true)
      const nothing = `Somebody has asked for every file in ${days === 1 ? 'the last day' : `the last ${days} days`}: nothing to remove.`
      setAnswer({ text: would.assets === 0 ? nothing : '', isFailure: false })
      if (would.assets > 0) onAsked({ days, would })
    } catch (error) {
      setAnswer({ text: messageOf(error), isFailure: true })
    }
  }
  return (
    <form class="panel clean-up" aria-label="Clean up" onSubmit={(event) => void onSubmit(event)}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <label class="field">Days that nobody has asked for a file
        <input ref={input} type="number" required min={1} max={MAX_DAYS} defaultValue={String(USUAL_DAYS)} autofocus />
      </label>
      <button type="submit">Show what would go</button>
      <p class={answer.isFailure ? 'row-error' : 'quiet'} role="status">
        {answer.text || 'Nothing is removed before you have seen how much it is.'}
      </p>
    </form>
  )
}
