import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { mayChange } from '../../api/session'
import { Icon } from '../../ui/icon'
import { BulkBar } from './bulk-bar'
import { LibraryFilter } from './library-filter'
import { Shelf } from './shelf'
import { view, type View } from './view'

export function LibraryPage(): JSX.Element {
  useEffect(() => void (document.title = 'Library · Telecine'), [])
  return (
    <main>
      <div class="page-head">
        <h1>Library</h1>
        <LibraryFilter />
        <div class="choice" role="group" aria-label="View">
          <ViewButton of="grid" name="Grid" />
          <ViewButton of="list" name="List" />
        </div>
      </div>
      <BulkBar />
      <Shelf view={view.current.value} isSelectable={mayChange.value} />
    </main>
  )
}

function ViewButton({ of, name }: { of: View; name: string }): JSX.Element {
  return (
    <button type="button" class="bare" aria-label={name} title={name} aria-pressed={view.current.value === of} onClick={() => view.choose(of)}>
      <Icon name={of} />
    </button>
  )
}
