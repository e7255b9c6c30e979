/** Runs `action` at once, and for calls that come within `ms` of the last run once more at the end of that time. */
export interface Throttled {
  (): void
  /** Forgets the run that was to come. */
  cancel: () => void
}

export function throttled(action: () => void, ms: number): Throttled {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isWanted = false
  const run = (): void => {
    isWanted = false
    timer = setTimeout(onEnd, ms)
    action()
  }
  const onEnd = (): void => {
    timer = undefined
    if (isWanted) run()
  }
  const call = (): void => {
    if (timer === undefined) run()
    else isWanted = true
  }
  const cancel = (): void => {
    clearTimeout(timer)
    timer = undefined
    isWanted = false
  }
  return Object.assign(call, { cancel })
}
