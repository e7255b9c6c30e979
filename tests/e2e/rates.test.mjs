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
      assert.ok(even.heights.at(-1) > even.heights[0], `it went up: ${even.heights}`)
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

// After the test above, which has brought the video.
test('a browser that keeps little of a video plays it to the end all the same', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.addInitScript(() => {
      globalThis.quotaErrors = 0
      const append = SourceBuffer.prototype.appendBuffer
      SourceBuffer.prototype.appendBuffer = function (bytes) {
        try {
          return append.call(this, bytes)
        } catch (error) {
          if (error.name === 'QuotaExceededError') globalThis.quotaErrors++
          throw error
        }
      }
    })
    await page.goto(process.env.BASE_URL)
    await page.locator('.card-title').click()
    await page.locator('telecine-player video').evaluate((media) => (media.playbackRate = media.defaultPlaybackRate = 4))
    await watchPlayback(page, { until: 'ended' })
    assert.ok((await page.evaluate(() => globalThis.quotaErrors)) > 0, 'the browser had no room')
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }, { args: ['--mse-video-buffer-size-limit-mb=2'] }),
)
