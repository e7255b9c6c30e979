import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Filter, Sort } from './filter'
import { filter, setFilter } from '../../videos'

/** People type several letters in this time. */
const TYPING_MS = 250

/** Looks for videos by text and status, and sorts them. */
export function LibraryFilter(): JSX.Element {
  const timer = useRef(0)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => () => clearTimeout(timer.current), [])
  const set = (change: Partial<Filter>, afterMs = 0): void => {
    clearTimeout(timer.current)
    // With what is in the field, or a quick choice would take back what was just typed.
    const apply = (): void => setFilter({ ...filter.value, text: input.current?.value.trim() ?? '', ...change })
    timer.current = window.setTimeout(apply, afterMs)
  }
  const { text, status, sort } = filter.value
  // Changed by a link, not by typing.
  useEffect(() => {
    if (input.current && input.current !== document.activeElement) input.current.value = text
  }, [text])
  return (
    <search class="filter">
      <input ref={input} type="search" aria-label="Search" placeholder="Search" maxLength={200} defaultValue={text}
        onInput={() => set({}, TYPING_MS)} />
      <select aria-label="Status" value={status} onChange={(event) => set({ status: event.currentTarget.value as Filter['status'] })}>
        <option value="">Every status</option>
        <option value="ready">Ready</option>
        <option value="processing">Processing</option>
        <option value="pending_upload">Waiting for upload</option>
        <option value="failed">Failed</option>
      </select>
      <select aria-label="Order" value={sort} onChange={(event) => set({ sort: event.currentTarget.value as Sort })}>
        <option value="newest">Newest first</option>
        <option value="oldest">Oldest first</option>
        <option value="title">By title</option>
      </select>
    </search>
  )
}
