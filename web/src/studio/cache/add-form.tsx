import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { addAssets } from '../../api/cache'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'
import { addressesIn } from './addresses'

/** Takes addresses of files on other people's servers. */
export function AddForm({ onAdded }: { onAdded: () => void }): JSX.Element {
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const urls = addressesIn(String(data.get('urls') ?? ''))
    setBusy(true)
    setFailure('')
    try {
      await addAssets(urls, data.has('optimize'))
      notify(urls.length === 1 ? '1 address has been added' : `${urls.length} addresses have been added`)
      form.reset()
      onAdded()
    } catch (error) {
      setFailure(messageOf(error))
    }
    setBusy(false)
  }
  return (
    <section class="panel" aria-labelledby="add-title">
      <h2 id="add-title">Add addresses</h2>
      <form class="add-form" onSubmit={(event) => void onSubmit(event)}>
        <label class="field">Addresses of files, one in a line
          <textarea name="urls" rows={3} required placeholder="https://" spellcheck={false} aria-invalid={failure !== ''} />
        </label>
        {failure && <p class="row-error" role="alert">{failure}</p>}
        <div class="form-actions">
          <label class="check">
            <input type="checkbox" name="optimize" /> Make pictures smaller: 1280 × 720 at most, as WebP
          </label>
          <button type="submit" class="primary" disabled={isBusy}>Add to the cache</button>
        </div>
      </form>
    </section>
  )
}
