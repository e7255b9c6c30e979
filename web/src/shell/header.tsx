import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { signedIn } from '../api/request'
import { signOut } from '../api/session'
import { LIBRARY_PATH, route, type Route } from '../router'
import { notify } from '../ui/notice'
import { messageOf } from '../videos'

interface Place {
  name: string
  href: string
  /** The pages that belong to it. */
  pages: readonly Route['page'][]
}

/** Rooms that come with later releases get their line here. */
const PLACES: readonly Place[] = [
  { name: 'Upload', href: '/', pages: ['home'] },
  { name: 'Library', href: LIBRARY_PATH, pages: ['library', 'video'] },
  { name: 'Images', href: '/studio/images', pages: ['images', 'image'] },
  { name: 'Movies', href: '/studio/movies', pages: ['movies', 'movie'] },
  { name: 'Cache', href: '/studio/cache', pages: ['cache'] },
  { name: 'Queues', href: '/studio/queues', pages: ['queues', 'queue', 'job', 'schedules'] },
  { name: 'Storage', href: '/studio/storage', pages: ['storage'] },
  { name: 'System', href: '/studio/system', pages: ['system'] },
  { name: 'API keys', href: '/studio/keys', pages: ['keys'] },
]

export function Header(): JSX.Element {
  const onSignOut = (): void => void signOut().catch((error: unknown) => notify(messageOf(error)))
  return (
    <header>
      <a class="brand" href="/">
        <img src="/assets/icon.svg" alt="" width="28" height="28" /> Telecine
      </a>
      {signedIn.value && <Navigation />}
      {signedIn.value && <button type="button" class="bare" onClick={onSignOut}>Sign out</button>}
    </header>
  )
}

function Navigation(): JSX.Element {
  const bar = useRef<HTMLElement>(null)
  const { page } = route.value
  // On a phone the bar is longer than the screen.
  useEffect(() => bar.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' }), [page])
  return (
    <nav ref={bar} aria-label="Rooms">
      {PLACES.map(({ name, href, pages }) => (
        <a key={name} href={href} aria-current={pages.includes(page) ? 'page' : undefined}>{name}</a>
      ))}
    </nav>
  )
}
