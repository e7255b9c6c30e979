import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError } from '../api/call'
import { listen, type News, type Topic } from '../live'
import { useThrottled } from '../use-throttled'
import { messageOf } from '../videos'

const RELOAD_MS = 1000

interface Known<T> {
  /** `null` until it is known, or when it is not there. */
  value: T | null
  isMissing: boolean
  failure: string
}

export interface One<T> extends Known<T> {
  reload: () => void
  /** Shows at once what the server will say, too. */
  change: (change: (value: T) => T) => void
}

/** One thing, kept up to date by news of one topic while somebody looks. */
export function useOne<T, K extends Topic>(
  id: string,
  ask: (id: string) => Promise<T>,
  topic: K,
  hear: (news: News[K], one: One<T>) => void,
): One<T> {
  const [known, setKnown] = useState<Known<T>>({ value: null, isMissing: false, failure: '' })
  const question = useRef(0)
  const load = async (): Promise<void> => {
    const asked = ++question.current
    try {
      const value = await ask(id)
      if (asked === question.current) setKnown({ value, isMissing: false, failure: '' })
    } catch (error) {
      const isMissing = error instanceof ApiError && error.status === 404
      // What is known stays readable when the server cannot be reached for a moment.
      if (asked === question.current)
        setKnown(({ value }) => ({ value: isMissing ? null : value, isMissing, failure: messageOf(error) }))
    }
  }
  const reload = useThrottled(() => void load(), RELOAD_MS)
  const change = (change: (value: T) => T): void =>
    setKnown((known) => (known.value === null ? known : { ...known, value: change(known.value) }))
  const one: One<T> = { ...known, reload, change }
  const newest = useRef({ hear, one })
  newest.current = { hear, one }
  useEffect(() => {
    reload()
    return () => void question.current++
  }, [id])
  useEffect(() => listen(topic, { onNews: (news) => newest.current.hear(news, newest.current.one), onReset: reload }), [])
  return one
}
