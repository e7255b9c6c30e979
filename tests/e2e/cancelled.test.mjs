import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { watchParts } from './parts.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 120_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'BIG_CLIP')
if (skip) console.log(skip)

test('an upload that is cancelled on its way, and one that is discarded later, leave nothing behind', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    page.on('dialog', (dialog) => dialog.accept())
    const parts = await watchParts(page.context())
    const remembered = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('telecine.upload:')))
    const statusOf = (id) => page.evaluate(async (id) => (await fetch(`/api/v1/uploads/${id}`)).status, id)
    const answered = (id) => page.waitForResponse((response) => response.request().method() === 'DELETE' && response.url().endsWith(id))
    const begin = async (count, { all }) => {
      const opening = page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/uploads'))
      parts.letThrough(all)
      await page.getByLabel('Files to upload').setInputFiles(process.env.BIG_CLIP)
      const { id } = await (await opening).json()
      await page.waitForFunction((count) => document.querySelectorAll('.part-cells [opacity="1"]').length === count, count)
      return id
    }

    const cancelled = await begin(3, { all: 3 })
    await parts.untilHeld(3)
    assert.equal((await remembered()).length, 1)
    const given = answered(cancelled)
    await page.getByRole('button', { name: 'Cancel the upload of big.mp4' }).click()
    await page.getByText('The upload of big.mp4 was cancelled.').waitFor()
    await takeScreenshots(page, 'upload-cancelled')
    assert.equal((await given).status(), 204)
    await parts.untilHeld(0)
    assert.equal(await page.locator('.row').count(), 0, 'its row is gone')
    assert.equal(await statusOf(cancelled), 404)
    assert.deepEqual(await remembered(), [])

    // The same file begins anew, as it is another upload.
    const discarded = await begin(2, { all: 5 })
    assert.notEqual(discarded, cancelled)
    await page.reload()
    const interrupted = page.getByRole('list', { name: 'Interrupted uploads' })
    const told = answered(discarded)
    await interrupted.getByRole('button', { name: 'Discard the upload of big.mp4' }).click()
    assert.equal((await told).status(), 204)
    await interrupted.waitFor({ state: 'detached' })
    assert.equal(await statusOf(discarded), 404)
    assert.deepEqual(await remembered(), [])
    const unexpected = seen.errors.filter((error) => !error.includes('404'))
    assert.deepEqual(unexpected, [], 'errors on the console')
  }),
)
