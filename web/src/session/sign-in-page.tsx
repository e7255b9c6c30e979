import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { sessionEnded } from '../api/request'
import { signIn } from '../api/session'
import { messageOf } from '../videos'

/** `reason` says why somebody who has just come should sign in. */
export function SignInPage({ reason }: { reason?: string }): JSX.Element {
  const [token, setToken] = useState('')
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  useEffect(() => void (document.title = 'Sign in · Telecine'), [])
  const onSubmit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setFailure('')
    try {
      await signIn(token.trim())
    } catch (error) {
      setFailure(messageOf(error))
    }
    setBusy(false)
  }
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={onSubmit}>
        <h1>{sessionEnded.value ? 'Your session has ended' : 'Sign in'}</h1>
        {sessionEnded.value && <p role="status">Sign in again to go on. Uploads that were under way continue after that.</p>}
        {reason && !sessionEnded.value && <p>{reason}</p>}
        <label for="token">Access token</label>
        <input id="token" type="password" autocomplete="current-password" required value={token}
          aria-describedby="token-hint" aria-invalid={failure !== ''} onInput={(event) => setToken(event.currentTarget.value)} />
        <p id="token-hint" class="quiet">
          Or open the sign-in link that the server prints when it starts; <code>telecine sign-in</code> prints another.
        </p>
        {failure && <p class="row-error" role="alert">{failure}</p>}
        <button type="submit" class="primary" disabled={isBusy}>Sign in</button>
      </form>
    </main>
  )
}
