/** Tabs of one browser see the same files: two that send one file at the same time would only be in each other's way. */
const PREFIX = 'telecine.upload:'

/** Does the work while no other tab does it for the same file; `onWait` is called when one does, and the work is told. */
export async function alone<T>(
  fingerprint: string,
  signal: AbortSignal,
  onWait: () => void,
  work: (hasWaited: boolean) => Promise<T>,
): Promise<T> {
  // Without https there are no locks; parts that arrive twice do no harm.
  const locks = globalThis.navigator?.locks
  if (!locks) return work(false)
  const name = PREFIX + fingerprint
  const isFree = await locks.request(name, { ifAvailable: true }, async (lock) => {
    if (!lock) return null
    return { result: await work(false) }
  })
  if (isFree) return isFree.result
  onWait()
  return locks.request(name, { signal }, () => work(true)) as Promise<T>
}
