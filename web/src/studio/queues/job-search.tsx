import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { correctAddress, search } from '../../router'
import { MAX_TEXT_CHARS, jobFilterOf, jobsPath } from './job-filter'

/** People type several letters in this time. */
const TYPING_MS = 250

/** Looks for jobs by text; it stands in the address. */
export function JobSearch({ queue, text }: { queue: string; text: string }): JSX.Element {
  const timer = useRef(0)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => () => clearTimeout(timer.current), [])
  const onInput = (): void => {
    clearTimeout(timer.current)
    timer.current = window.setTimeout(() => {
      // Another state may have been chosen meanwhile.
      correctAddress(jobsPath(queue, { ...jobFilterOf(search.value), text: input.current?.value.trim() ?? '', offset: 0 }))
    }, TYPING_MS)
  }
  // Changed by a link, not by typing.
  useEffect(() => {
    if (input.current && input.current !== document.activeElement) input.current.value = text
  }, [text])
  return (
    <search class="job-search">
      <input ref={input} type="search" aria-label="Search jobs" placeholder="Id, kind, video, data or reason" maxLength={MAX_TEXT_CHARS}
        defaultValue={text} onInput={onInput} />
    </search>
  )
}
