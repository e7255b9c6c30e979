import { expect, test } from 'vitest'
import player from '../../crates/api/dist/assets/player.js?raw'
import uploader from '../../crates/api/dist/assets/uploader.js?raw'
import playerDescription from '../packages/player/package.json?raw'
import playerTypes from '../packages/player/player.d.ts?raw'
import playerPackage from '../packages/player/player.js?raw'
import uploaderDescription from '../packages/uploader/package.json?raw'
import uploaderTypes from '../packages/uploader/uploader.d.ts?raw'
import uploaderPackage from '../packages/uploader/uploader.js?raw'

const PACKAGES = [
  {
    delivered: player, packaged: playerPackage, description: playerDescription, types: playerTypes,
    promised: ['media', 'replaceSource', 'pressKey', 'playbackerror', 'theatre', 'manifest'],
  },
  {
    delivered: uploader, packaged: uploaderPackage, description: uploaderDescription, types: uploaderTypes,
    promised: ['getToken', 'token-url', 'endpoint', 'watch', 'upload', 'opened', 'stored', 'playable', 'ready', 'failed', 'videoId'],
  },
]

test('each package holds the file that servers deliver, and every file that it names', () => {
  for (const { delivered, packaged, description } of PACKAGES) {
    expect(packaged.length).toBeGreaterThan(10_000)
    expect(packaged).toBe(delivered)
    const { main, types: declared, files } = JSON.parse(description) as { main: string; types: string; files: string[] }
    expect(files).toContain(main.replace('./', ''))
    expect(files).toContain(declared.replace('./', ''))
  }
})

test('what the types promise is there', () => {
  for (const { types, packaged, promised } of PACKAGES)
    for (const name of promised) {
      expect(types).toContain(name)
      expect(packaged).toContain(name)
    }
})
