import { computed, signal } from '@preact/signals'
import type { Video } from '../../api/types'
import { shelf, videos } from '../../videos'

const chosen = signal<ReadonlySet<string>>(new Set())

/** The chosen videos that the library shows, in its order. */
export const selected = computed<readonly Video[]>(() =>
  shelf.value.ids.filter((id) => chosen.value.has(id)).flatMap((id) => videos.value.get(id) ?? []),
)

export const isSelected = (id: string): boolean => chosen.value.has(id)

export function select(id: string, isOn: boolean): void {
  const next = new Set(chosen.value)
  if (isOn) next.add(id)
  else next.delete(id)
  chosen.value = next
}

export function selectAll(): void {
  chosen.value = new Set(shelf.value.ids)
}

export function clearSelection(): void {
  chosen.value = new Set()
}
