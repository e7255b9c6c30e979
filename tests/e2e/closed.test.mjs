import assert from 'node:assert/strict'
import { readdirSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pidOf, skipReason, withBrowser, withProfile } from './browser.mjs'
import { watchParts } from './parts.mjs'

const TIMEOUT_MS = 300_000
const ALL = Array.from({ length: 12 }, (_, index) => index + 1)

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'BIG_CLIP')
if (skip) console.log(skip)

test('an upload goes on after its browser was killed and once more after it was closed, and sends every part once', { skip }, () =>
  withProfile(async (profile) => {
    const arrived = []
    const isNew = (parts) => assert.deepEqual(parts.arrived().filter((number) => arrived.includes(number)), [], 'parts sent again')

    await withBrowser(async (page) => {
      page.setDefaultTimeout(TIMEOUT_MS)
      const parts = await watchParts(page.context())
      parts.letThrough(3)
      await page.getByLabel('Files to upload').setInputFiles(process.env.BIG_CLIP)
      await parts.until(3)
      await writtenDown(profile)
      const gone = new Promise((resolve) => page.context().on('close', resolve))
      process.kill(pidOf(profile), 'SIGKILL')
      await gone
      arrived.push(...parts.arrived())
    }, { profile })

    await withBrowser(async (page) => {
      page.setDefaultTimeout(TIMEOUT_MS)
      const parts = await watchParts(page.context())
      parts.letThrough(4)
      const again = await fileOf(page)
      await again.setInputFiles({ name: 'big.mp4', mimeType: 'video/mp4', buffer: Buffer.from('another film') })
      await page.getByText('That file has 12 bytes').waitFor()
      await again.setInputFiles(process.env.BIG_CLIP)
      await parts.until(4)
      isNew(parts)
      arrived.push(...parts.arrived())
    }, { profile })

    await withBrowser(async (page, seen) => {
      page.setDefaultTimeout(TIMEOUT_MS)
      const parts = await watchParts(page.context())
      parts.letThrough(Infinity)
      await (await fileOf(page)).setInputFiles(process.env.BIG_CLIP)
      await page.locator('.row[data-state=ready]').waitFor()
      isNew(parts)
      arrived.push(...parts.arrived())
      assert.deepEqual(arrived.sort((a, b) => a - b), ALL)
      assert.deepEqual(seen.errors, [], 'errors on the console')
    }, { profile })
  }),
)

/** Where the file of the upload that was broken off is chosen again. */
async function fileOf(page) {
  const interrupted = page.getByRole('list', { name: 'Interrupted uploads' })
  await interrupted.getByText('big.mp4').waitFor()
  return interrupted.locator('input[type=file]')
}

/** Until what the page remembers is on the disk: browsers write it some seconds later, and all at once when they are closed. */
async function writtenDown(profile) {
  const folder = join(profile, 'Default', 'Local Storage', 'leveldb')
  const isThere = () => readdirSync(folder).some((name) => /\.(log|ldb)$/.test(name) && readFileSync(join(folder, name)).includes('telecine.upload:'))
  const looking = watch(folder)
  await new Promise((resolve) => {
    looking.on('change', () => isThere() && resolve())
    if (isThere()) resolve()
  })
  looking.close()
}
