import type { JSX, RefObject } from 'preact'
import { notify } from './notice'

interface Props {
  /** `The reason`, as in “The reason is copied”. */
  what: string
  /** What is copied: its text as it stands on the page. */
  source: RefObject<HTMLElement | null>
}

export function CopyButton({ what, source }: Props): JSX.Element {
  const onCopy = async (): Promise<void> => {
    if (!source.current) return
    try {
      await navigator.clipboard.writeText(source.current.innerText)
      notify(`${what} is copied`)
    } catch {
      // Without https the browser gives no clipboard, but the text is selected.
      getSelection()?.selectAllChildren(source.current)
      notify('Press Ctrl+C or ⌘C to copy what is selected')
    }
  }
  return <button type="button" aria-label={`Copy: ${what.toLowerCase()}`} onClick={() => void onCopy()}>Copy</button>
}
