import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { messageOf } from '../videos'

interface Props {
  question: string
  /** What happens. */
  children: ComponentChildren
  /** The names of the two buttons. */
  yes: string
  no: string
  /** What it throws is shown, and the question stays. */
  onConfirm: () => Promise<void>
  onClose: () => void
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ question, children, yes, no, onConfirm, onClose }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  // Before the next key is pressed.
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const onYes = async (): Promise<void> => {
    setBusy(true)
    try {
      await onConfirm()
      // Gives the focus back, where the dialog is still there.
      dialog.current?.close()
      onClose()
    } catch (error) {
      setFailure(messageOf(error))
      setBusy(false)
    }
  }
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{question}</h2>
      {children}
      {failure && <p class="row-error" role="alert">{failure}</p>}
      <div class="dialog-actions">
        <button type="button" onClick={() => dialog.current?.close()}>{no}</button>
        <button type="button" class="danger" disabled={isBusy} onClick={() => void onYes()}>{yes}</button>
      </div>
    </dialog>
  )
}
