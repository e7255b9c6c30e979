import type { JSX } from 'preact'
import { CACHE_PATH } from '../../router'
import { wishPath, type Wish } from '../wish'

const NOTHING: Record<string, readonly [title: string, text: string]> = {
  PENDING: ['Nothing waits', 'Addresses that have just been added wait here until a worker takes them.'],
  DOWNLOADING: ['Nothing is on its way', 'Files that are being fetched are here, a few of each server at a time.'],
  CACHED: ['Nothing is cached', 'Files that are in storage are here.'],
  FAILED: ['Nothing has failed', 'Files that could not be fetched are here, with the reason, to be tried again.'],
}

/** What would be in the list, so that its emptiness says something. */
export function EmptyCache({ wish }: { wish: Wish }): JSX.Element {
  if (wish.text)
    return (
      <div class="empty">
        <h2>No address matches</h2>
        <p><a href={wishPath(CACHE_PATH, { ...wish, text: '' })}>Show them without the text</a></p>
      </div>
    )
  const [title, text] = NOTHING[wish.status] ?? []
  if (title)
    return (
      <div class="empty">
        <h2>{title}</h2>
        <p>{text}</p>
        <p><a href={CACHE_PATH}>Show every file</a></p>
      </div>
    )
  const call = `curl ${location.origin}/api/v1/cache-assets \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"url":"https://media.example/picture.jpg"}'`
  return (
    <div class="empty">
      <h2>Nothing cached yet</h2>
      <p>
        Files of other people's servers disappear, move, or load slowly. Add their addresses: each gets an id at once, which stands for
        the original address until the file is in your storage.
      </p>
      <p>Programs add an address, keep the id, and ask <code>/cache-assets/ID/url</code> whenever they show the file:</p>
      <pre tabIndex={0}>{call}</pre>
    </div>
  )
}
