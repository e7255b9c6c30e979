import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { watchParts } from './parts.mjs'
import { takeScreenshots } from './screenshots.mjs'
import { given, sign } from './signs.mjs'

const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'BIG_CLIP', 'SIGNS')
if (skip) console.log(skip)

test('an upload whose server is killed waits, and goes on by itself when it is back', { skip }, () =>
  withBrowser(async (page) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const parts = await watchParts(page.context())
    parts.letThrough(3)
    await page.getByLabel('Files to upload').setInputFiles(process.env.BIG_CLIP)
    const row = page.locator('.row').first()
    await page.waitForFunction(() => document.querySelectorAll('.part-cells [opacity="1"]').length === 3)
    await parts.until(3)
    const arrived = parts.arrived()

    sign('kill')
    await given('killed')
    parts.letThrough(Infinity)
    await row.getByText('no connection; goes on by itself').waitFor()
    await takeScreenshots(page, 'upload-killed')

    sign('start')
    await page.locator('.row[data-state=ready]').waitFor()
    for (const number of arrived) assert.equal(parts.times(number), 1, `part ${number} was not sent again`)
    assert.deepEqual(parts.arrived(), Array.from({ length: 12 }, (_, index) => index + 1))
  }),
)
