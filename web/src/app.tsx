import { signal } from '@preact/signals'
import { render, type JSX } from 'preact'
import { signedIn } from './api/request'
import { checkSession, signOut } from './api/session'
import { HomePage } from './home/home-page'
import { messageOf } from './library'
import { route, startRouter } from './router'
import { SignInPage } from './session/sign-in-page'
import './styles/tokens.css'
import './styles/base.css'
import './styles/layout.css'
import './styles/uploads.css'
import './styles/library.css'
import './styles/watch.css'
import { Notice, notify } from './ui/notice'
import { Trouble } from './ui/trouble'
import { WatchPage } from './watch/watch-page'

function Header(): JSX.Element {
  const onSignOut = (): void => void signOut().catch((error: unknown) => notify(messageOf(error)))
  return (
    <header>
      <a class="brand" href="/">
        <img src="/assets/icon.svg" alt="" width="28" height="28" /> Telecine
      </a>
      {signedIn.value && <button type="button" class="bare" onClick={onSignOut}>Sign out</button>}
    </header>
  )
}

function Page(): JSX.Element {
  const current = route.value
  if (current.page === 'watch') return <WatchPage key={current.id} id={current.id} />
  if (current.page === 'home') return <HomePage />
  return (
    <main>
      <div class="panel">
        <h1>There is no such page</h1>
        <a href="/">Go to the library</a>
      </div>
    </main>
  )
}

/** Why the first question to the server, whether anyone is signed in, got no answer. */
const startFailure = signal('')

function start(): void {
  startFailure.value = ''
  checkSession().catch((error: unknown) => {
    // A 401 has brought the sign-in page.
    if (signedIn.value === null) startFailure.value = messageOf(error)
  })
}

// A tab that was left open for days should not wait for a click to find out that its session has ended.
function onVisible(): void {
  if (!document.hidden && signedIn.value) checkSession().catch(() => {})
}

function App(): JSX.Element {
  return (
    <>
      <Header />
      {startFailure.value && (
        <main><Trouble message={startFailure.value} onRetry={start} /></main>
      )}
      {signedIn.value === true && <Page />}
      {signedIn.value === false && <SignInPage />}
      <Notice />
    </>
  )
}

startRouter()
document.addEventListener('visibilitychange', onVisible)
const root = document.getElementById('app')
if (root) render(<App />, root)
start()
