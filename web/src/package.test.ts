import { expect, test } from 'vitest'
import delivered from '../../crates/api/dist/assets/player.js?raw'
import described from '../packages/player/package.json?raw'
import types from '../packages/player/player.d.ts?raw'
import packaged from '../packages/player/player.js?raw'

test('the package of the player holds the file that servers deliver, and every file that it names', () => {
  expect(packaged.length).toBeGreaterThan(10_000)
  expect(packaged).toBe(delivered)
  const { main, types: declared, files } = JSON.parse(described) as { main: string; types: string; files: string[] }
  expect(files).toContain(main.replace('./', ''))
  expect(files).toContain(declared.replace('./', ''))
})

test('what the types promise is there', () => {
  for (const name of ['media', 'replaceSource', 'pressKey', 'playbackerror', 'theatre', 'manifest']) {
    expect(types).toContain(name)
    expect(packaged).toContain(name)
  }
})
