// Encoders that wait for us, each for a file of a name it knows.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a file of this name into the folder that the encoders look at. */
export function tellEncoders(folder, name) {
  writeFileSync(join(folder, name), '')
}

/** Takes such a file away. */
export function untellEncoders(folder, name) {
  rmSync(join(folder, name))
}
