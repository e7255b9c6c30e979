import type { JSX } from 'preact'
import { Icon } from './icon'

export function DeleteButton({ title, onClick }: { title: string; onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="bare" aria-label={`Delete ${title}`} title="Delete" onClick={onClick}>
      <Icon name="trash" />
    </button>
  )
}
