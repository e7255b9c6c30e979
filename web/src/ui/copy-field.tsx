import type { JSX } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { notify } from './notice'

/** A text to be taken elsewhere. */
export function CopyField({ name, text }: { name: string; text: string }): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  const onCopy = async (): Promise<void> => {
    input.current?.select()
    try {
      await navigator.clipboard.writeText(text)
      notify(`${name}: copied`)
    } catch {
      // Without https the browser gives no clipboard, but the text is selected.
      notify(`${name}: press Ctrl+C or ⌘C to copy`)
    }
  }
  return (
    <div class="copy-field">
      <label for={id}>{name}</label>
      <input ref={input} id={id} type="text" readOnly value={text} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" aria-label={`Copy: ${name}`} onClick={() => void onCopy()}>Copy</button>
    </div>
  )
}
