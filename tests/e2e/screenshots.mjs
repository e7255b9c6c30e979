// Pictures of a page as people see it: wide and narrow, light and dark.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const SIZES = [{ width: 1280, height: 900 }, { width: 390, height: 844 }]

/** Does nothing unless SCREENSHOTS names a folder. */
export async function takeScreenshots(page, name) {
  const folder = process.env.SCREENSHOTS
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  for (const colorScheme of ['light', 'dark'])
    for (const size of SIZES) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(size)
      await page.screenshot({ path: join(folder, `${name}-${size.width}-${colorScheme}.png`), fullPage: true })
    }
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize(SIZES[0])
}
