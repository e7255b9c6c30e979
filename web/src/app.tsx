import { signal } from '@preact/signals'
import { render, type JSX } from 'preact'
import { signedIn } from './api/request'
import { checkSession } from './api/session'
import { HomePage } from './home/home-page'
import { route, startRouter } from './router'
import { SignInPage } from './session/sign-in-page'
import { Header } from './shell/header'
import { LibraryPage } from './studio/library/library-page'
import { room } from './studio/room'
import { KeysPage } from './studio/system/keys-page'
import { StoragePage } from './studio/system/storage-page'
import { SystemPage } from './studio/system/system-page'
import { VideoPage } from './studio/video/video-page'
import './styles/tokens.css'
import './styles/base.css'
import './styles/layout.css'
import './styles/uploads.css'
import './styles/library.css'
import './styles/video.css'
import './styles/queues.css'
import './styles/system.css'
import { Notice } from './ui/notice'
import { Trouble } from './ui/trouble'
import { messageOf } from './videos'
import { WatchPage } from './watch/watch-page'

// Rooms that come when somebody enters them, so that the first page stays small.
const QueuesPage = room(async () => (await import('./studio/queues')).QueuesPage)
const QueuePage = room<{ name: string }>(async () => (await import('./studio/queues')).QueuePage)
const JobPage = room<{ id: string }>(async () => (await import('./studio/queues')).JobPage)
const SchedulesPage = room(async () => (await import('./studio/queues')).SchedulesPage)
const ImagesPage = room(async () => (await import('./studio/images')).ImagesPage)
const ImagePage = room<{ id: string }>(async () => (await import('./studio/images')).ImagePage)
const CachePage = room(async () => (await import('./studio/cache')).CachePage)
const MoviesPage = room(async () => (await import('./studio/movies')).MoviesPage)
const MoviePage = room<{ id: string }>(async () => (await import('./studio/movies')).MoviePage)

function Page(): JSX.Element {
  const current = route.value
  switch (current.page) {
    case 'home': return <HomePage />
    case 'library': return <LibraryPage />
    case 'video': return <VideoPage key={current.id} id={current.id} />
    case 'images': return <ImagesPage />
    case 'image': return <ImagePage key={current.id} id={current.id} />
    case 'movies': return <MoviesPage />
    case 'movie': return <MoviePage key={current.id} id={current.id} />
    case 'cache': return <CachePage />
    case 'queues': return <QueuesPage />
    case 'queue': return <QueuePage key={current.name} name={current.name} />
    case 'job': return <JobPage key={current.id} id={current.id} />
    case 'schedules': return <SchedulesPage />
    case 'watch': return <WatchPage key={current.id} id={current.id} />
    case 'storage': return <StoragePage />
    case 'system': return <SystemPage />
    case 'keys': return <KeysPage />
    default: return <MissingPage />
  }
}

function MissingPage(): JSX.Element {
  return (
    <main>
      <div class="panel">
        <h1>There is no such page</h1>
        <a href="/studio">Go to the library</a>
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
  // Who may watch is asked for each video.
  const isOpen = route.value.page === 'watch'
  return (
    <>
      <Header />
      {startFailure.value && (
        <main><Trouble message={startFailure.value} onRetry={start} /></main>
      )}
      {signedIn.value === true || isOpen ? <Page /> : signedIn.value === false && <SignInPage />}
      <Notice />
    </>
  )
}

startRouter()
document.addEventListener('visibilitychange', onVisible)
const root = document.getElementById('app')
if (root) render(<App />, root)
start()
