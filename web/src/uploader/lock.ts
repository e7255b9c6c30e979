/** Tabs of one browser see the same files: two that send one file at the same time would only be in each other's way. */
const PREFIX = 'telecine.upload:'

// Without https there are no locks; parts that arrive twice do no harm.
const locks = (): LockManager | undefined => globalThis.navigator?.locks

/** Does the work while no other tab does it for the same file; `onWait` is called when one does, and the work is told. */
export async function alone<T>(
  fingerprint: string,
  signal: AbortSignal,
  onWait: () => void,
  work: (hasWaited: boolean) => Promise<T>,
): Promise<T> {
  const manager = locks()
  if (!manager) return work(false)
  const name = PREFIX + fingerprint
  const isFree = await manager.request(name, { ifAvailable: true }, async (lock) => {
    if (!lock) return null
    return { result: await work(false) }
  })
  if (isFree) return isFree.result
  onWait()
  return manager.request(name, { signal }, () => work(true)) as Promise<T>
}

/** The files that some tab sends at present, by their fingerprints. */
export async function underWay(): Promise<ReadonlySet<string>> {
  const held = (await locks()?.query())?.held ?? []
  const names = held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? name.slice(PREFIX.length) : []))
  return new Set(names)
}
