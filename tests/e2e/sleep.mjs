// A machine that sleeps: every process of the browser stands still, and wakes with its connections gone.

import { readdirSync, readFileSync } from 'node:fs'
import { setInterval } from 'node:timers/promises'

const LOOK_MS = 500

/** Stops the process and all that it has started while `use()` runs. */
export async function whileAsleep(pid, use) {
  const all = familyOf(pid)
  all.forEach((one) => process.kill(one, 'SIGSTOP'))
  try {
    await use()
  } finally {
    all.forEach((one) => process.kill(one, 'SIGCONT'))
  }
}

/** Asks every half a second until the answer is yes. */
export async function lasting(isOver) {
  for await (const _ of setInterval(LOOK_MS)) if (await isOver()) return
}

function familyOf(pid) {
  const parents = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      // The name of the program stands in brackets and may hold anything.
      const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1).split(' ')
      return [[Number(name), Number(parent)]]
    } catch {
      return []
    }
  }))
  const childrenOf = (parent) => [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...childrenOf(child)])
  return [pid, ...childrenOf(pid)]
}
