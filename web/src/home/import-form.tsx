import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { notify } from '../ui/notice'
import { importAll, messageOf } from '../videos'

/** Takes addresses of files elsewhere on the web, a line each. */
export function ImportForm({ onDone }: { onDone: () => void }): JSX.Element {
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get('urls') ?? '')
    const urls = text.split(/\s+/).filter(Boolean)
    setBusy(true)
    setFailure('')
    try {
      await importAll(urls)
      notify(urls.length === 1 ? 'The file is being fetched' : `${urls.length} files are being fetched`)
      onDone()
    } catch (error) {
      setFailure(messageOf(error))
      setBusy(false)
    }
  }
  return (
    <form class="import-form" onSubmit={(event) => void onSubmit(event)} onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <label class="field">Addresses of video files, one in a line
        <textarea name="urls" rows={3} required autofocus placeholder="https://" aria-invalid={failure !== ''} />
      </label>
      {failure && <p class="row-error" role="alert">{failure}</p>}
      <div class="form-actions">
        <button type="submit" class="primary" disabled={isBusy}>Import</button>
        <button type="button" onClick={onDone}>Cancel</button>
      </div>
    </form>
  )
}
