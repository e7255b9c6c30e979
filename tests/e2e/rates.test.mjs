import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { withSlowLine } from './slow-line.mjs'
import { watchPlayback } from './playback.mjs'

const TIMEOUT_MS = 300_000
const GOOD_LINE = 5_000_000
const BAD_LINE = 1_200_000
const SWITCH_MS = 10_000
const UPLOAD_LINE = 1_000_000_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('a video plays without a stop on an even line, and in a lower rendition soon after the line gets bad', { skip }, () =>
  withSlowLine(UPLOAD_LINE, (line) =>
    withBrowser(async (page) => {
      page.setDefaultTimeout(TIMEOUT_MS)
      await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
      await page.locator('.row[data-state=ready]').getByRole('link', { name: 'Watch' }).click()
      const video = page.locator('telecine-player video')
      await video.waitFor()
      const path = page.url()

      line.setRate(GOOD_LINE)
      await page.goto(path)
      const even = await watchPlayback(page, { until: 'ended' })
      assert.deepEqual(even.stalls, [], 'it never stood still')
      assert.ok(even.heights.at(-1) > even.heights[0] || even.heights.length === 1, `it went up: ${even.heights}`)
      const best = even.heights.at(-1)

      // What counts is what is asked for: what is there already is shown first.
      const isOf = (height) => (request) => new RegExp(`/v${height}/seg_`).test(request.url())
      const asksForBest = page.waitForRequest(isOf(best))
      await page.goto(path)
      const watching = watchPlayback(page, { until: 'ended' })
      await asksForBest
      line.setRate(BAD_LINE)
      await page.waitForRequest((request) => /\/v\d+\/seg_/.test(request.url()) && !isOf(best)(request), { timeout: SWITCH_MS })
      const { stalls } = await watching
      assert.deepEqual(stalls, [], 'it never stood still')
    }, { args: line.args }),
  ),
)
