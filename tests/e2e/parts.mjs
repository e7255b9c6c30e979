// The parts of an upload, held back as a test wants.

/** Holds back parts beyond a number of them, and counts those whose bytes have arrived. */
export async function watchParts(context) {
  const sent = new Map()
  const arrived = new Set()
  const held = new Set()
  const listeners = new Set()
  let allowed = 0
  let passed = 0
  const tell = () => {
    for (const look of listeners) look()
  }
  /** Until `isSo()`. */
  const until = (isSo) => new Promise((resolve) => {
    const look = () => isSo() && (listeners.delete(look), resolve())
    listeners.add(look)
    look()
  })
  const release = async (route) => {
    passed++
    held.delete(route)
    await route.continue().catch(() => passed--)
  }
  await context.route((url) => url.searchParams.has('partNumber'), async (route) => {
    if (route.request().method() !== 'PUT') return route.continue()
    if (passed < allowed) return release(route)
    held.add(route)
    tell()
  })
  context.on('requestfailed', (request) => {
    for (const route of held) if (route.request() === request) held.delete(route)
    tell()
  })
  context.on('response', (response) => {
    const number = Number(new URL(response.url()).searchParams.get('partNumber') ?? 0)
    if (response.request().method() !== 'PUT' || !number || !response.ok()) return
    arrived.add(number)
    sent.set(number, (sent.get(number) ?? 0) + 1)
    tell()
  })
  return {
    letThrough(count) {
      allowed = count
      for (const route of [...held]) if (passed < allowed) void release(route)
    },
    underWay: () => [...held].map((route) => route.request().url()),
    /** The page may know of a part before its answer is seen here. */
    until: (count) => until(() => arrived.size >= count),
    untilHeld: (count) => until(() => held.size === count),
    arrived: () => [...arrived].sort((a, b) => a - b),
    times: (number) => sent.get(number),
  }
}
