import { useEffect, useRef } from 'preact/hooks'
import { throttled, type Throttled } from './throttle'

/** For as long as the component is shown, runs what `action` was last at most once in `ms`. */
export function useThrottled(action: () => void, ms: number): Throttled {
  const newest = useRef(action)
  newest.current = action
  const call = useRef<Throttled | null>(null)
  call.current ??= throttled(() => newest.current(), ms)
  useEffect(() => () => call.current?.cancel(), [])
  return call.current
}
