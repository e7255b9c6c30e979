// Files by which a test tells the test around it, which has the server, what to do, and hears that it is done.

import { existsSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const sign = (name) => writeFileSync(join(process.env.SIGNS, name), '')

export async function given(name) {
  const isThere = () => existsSync(join(process.env.SIGNS, name))
  const looking = watch(process.env.SIGNS)
  if (!isThere()) await new Promise((resolve) => looking.on('change', () => isThere() && resolve()))
  looking.close()
}
