// Encoders that wait for us: each for a file in the folder in which it runs.

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a file of this name into every folder below `folder`. */
export function tellEncoders(folder, name) {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) continue
    tellEncoders(path, name)
    try {
      writeFileSync(join(path, name), '')
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
    }
  }
}
