// Whether everybody can read a page: what axe says of it, wide and narrow, light and dark.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const SIZES = [{ width: 1280, height: 900 }, { width: 390, height: 844 }]

/** Has axe read the page in every form, and looks that it does not scroll sideways. */
export async function assertReadable(page, name) {
  await page.evaluate(AXE)
  for (const colorScheme of ['light', 'dark'])
    for (const size of SIZES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize(size)
      const found = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run()
        return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
          .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
      })
      assert.deepEqual(found, [], `${name}, ${size.width} px, ${colorScheme}`)
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
      assert.ok(!isWide, `${name} does not scroll sideways at ${size.width} px`)
    }
  await page.setViewportSize(SIZES[0])
}
