import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { correctAddress, search } from '../router'
import { MAX_TEXT_CHARS } from './wish'

/** People type several letters in this time. */
const TYPING_MS = 250

interface Props {
  /** What is looked through. */
  name: string
  placeholder: string
}

/** Looks for text in a list; it stands in the address, beside whatever else is there. */
export function ListSearch({ name, placeholder }: Props): JSX.Element {
  const timer = useRef(0)
  const input = useRef<HTMLInputElement>(null)
  const text = new URLSearchParams(search.value).get('text') ?? ''
  useEffect(() => () => clearTimeout(timer.current), [])
  const onInput = (): void => {
    clearTimeout(timer.current)
    timer.current = window.setTimeout(() => setInAddress('text', input.current?.value.trim() ?? ''), TYPING_MS)
  }
  // Changed by a link, not by typing.
  useEffect(() => {
    if (input.current && input.current !== document.activeElement) input.current.value = text
  }, [text])
  return (
    <input ref={input} type="search" aria-label={name} placeholder={placeholder} maxLength={MAX_TEXT_CHARS}
      defaultValue={text} onInput={onInput} />
  )
}

/** Asks for something in the address of the page; an empty value asks for it no more. */
export function setInAddress(name: string, value: string): void {
  const query = new URLSearchParams(search.value)
  if (value) query.set(name, value)
  else query.delete(name)
  correctAddress(query.size > 0 ? `${location.pathname}?${query}` : location.pathname)
}
