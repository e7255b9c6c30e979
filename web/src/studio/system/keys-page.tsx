import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { mayChange } from '../../api/session'
import { createToken, listTokens, revokeToken, type Scope, type Token } from '../../api/system'
import { formatDate } from '../../format'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { CopyField } from '../../ui/copy-field'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { Trouble } from '../../ui/trouble'
import { useLoad } from '../../ui/use-load'
import { messageOf } from '../../videos'

const SCOPES: Record<Scope, string> = { full: 'Everything', read: 'Look only' }

export function KeysPage(): JSX.Element {
  useEffect(() => void (document.title = 'API keys · Telecine'), [])
  const { value: tokens, failure, reload } = useLoad(listTokens)
  const [doomed, setDoomed] = useState<Token | null>(null)
  return (
    <main>
      <h1>API keys</h1>
      {mayChange.value && <NewKey onCreated={reload} />}
      {failure && <Trouble message={failure} onRetry={reload} />}
      <section class="panel" aria-labelledby="keys-title">
        <h2 id="keys-title">Keys in use</h2>
        {tokens?.length === 0 && <p class="quiet">There is none. Programs need one: they send it as <code>Authorization: Bearer KEY</code>.</p>}
        <ul class="keys">
          {tokens?.map((token) => (
            <li key={token.id}>
              <div>
                <p class="row-name">{token.name}</p>
                <p class="quiet number"><code>{token.id}</code> · {SCOPES[token.scope]} · since {formatDate(token.created_at)}</p>
              </div>
              {mayChange.value && (
                <button type="button" class="bare" aria-label={`Revoke ${token.name}`} title="Revoke" onClick={() => setDoomed(token)}>
                  <Icon name="trash" />
                </button>
              )}
            </li>
          ))}
        </ul>
      </section>
      {doomed && (
        <ConfirmDialog question="Revoke this key?" yes="Revoke" no="Keep it" onClose={() => setDoomed(null)}
          onConfirm={async () => {
            await revokeToken(doomed.id)
            reload()
          }}>
          <p>“{doomed.name}” stops working at once, and with it everybody who signed in with it. This cannot be undone.</p>
        </ConfirmDialog>
      )}
    </main>
  )
}

function NewKey({ onCreated }: { onCreated: () => void }): JSX.Element {
  const [text, setText] = useState('')
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    try {
      setText(await createToken(String(data.get('name') ?? ''), data.get('scope') === 'read' ? 'read' : 'full'))
      form.reset()
      onCreated()
    } catch (error) {
      notify(messageOf(error))
    }
  }
  return (
    <section class="panel" aria-labelledby="new-key-title">
      <h2 id="new-key-title">New key</h2>
      <form class="inline-form" onSubmit={(event) => void onSubmit(event)}>
        <label class="field">What it is for
          <input name="name" type="text" required maxLength={100} />
        </label>
        <label class="field">What it may do
          <select name="scope">
            <option value="full">Everything</option>
            <option value="read">Look only</option>
          </select>
        </label>
        <button type="submit" class="primary">Make a key</button>
      </form>
      {text && (
        <div role="status" class="new-key">
          <p>Copy it now. It is not shown again.</p>
          <CopyField name="Key" text={text} />
        </div>
      )}
    </section>
  )
}
