import { useCallback, useEffect, useState } from 'preact/hooks'
import { messageOf } from '../videos'

/** What was asked for, as far as it is known. */
export interface Loaded<T> {
  value: T | null
  /** Why it could not be had; empty when nothing is wrong. */
  failure: string
  reload: () => void
}

/** Asks once, and again whenever `reload` is called; what was known stays until then. */
export function useLoad<T>(ask: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T | null>(null)
  const [failure, setFailure] = useState('')
  const reload = useCallback(() => {
    setFailure('')
    ask().then(setValue, (error: unknown) => setFailure(messageOf(error)))
  }, [ask])
  useEffect(reload, [reload])
  return { value, failure, reload }
}
