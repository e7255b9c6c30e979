import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { takeScreenshots } from './screenshots.mjs'

// Transcoding on a busy machine of two cores.
const READY_TIMEOUT_MS = 300_000
const PLAY_TIMEOUT_MS = 30_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('a file that is uploaded on the page becomes a video that plays, seeks and ends', { skip }, () =>
  withBrowser(async (page, seen) => {
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    const row = page.locator('.row').first()
    await row.waitFor()
    await takeScreenshots(page, 'uploading')
    await page.locator('.row[data-state=ready], .row[data-state=failed]').first().waitFor({ timeout: READY_TIMEOUT_MS })
    assert.equal(await row.getAttribute('data-state'), 'ready', await row.innerText())
    await takeScreenshots(page, 'home')

    await row.getByRole('link', { name: 'Watch' }).click()
    await page.waitForURL(/\/studio\/videos\//)
    const video = page.locator('telecine-player video')
    await video.waitFor()
    await waitFor(video, ([media]) => media.duration > 0)
    await takeScreenshots(page, 'watch')

    await video.evaluate((media) => {
      media.muted = true
      return media.play()
    })
    await waitFor(video, ([media]) => media.currentTime > 0.5)

    // Forwards to the middle, and on from there to the end.
    const middle = await video.evaluate((media) => (media.currentTime = media.duration / 2))
    await waitFor(video, ([media, from]) => media.currentTime > from && !media.seeking, middle)
    await page.locator('telecine-player').hover()
    await takeScreenshots(page, 'playing')
    await video.evaluate((media) => (media.currentTime = Math.max(0, media.duration - 1)))
    await waitFor(video, ([media]) => media.ended)

    // After the end a seek back plays on.
    await video.evaluate((media) => {
      media.currentTime = 0
      return media.play()
    })
    await waitFor(video, ([media]) => media.currentTime > 0.2 && media.currentTime < media.duration / 2)

    assert.deepEqual(seen.errors, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
    assert.deepEqual(seen.mediaFromApi, [], 'media that came through the API')
    assert.ok(seen.mediaFromStorage.length > 0, 'media came from storage')
  }),
)

/** Waits until `condition([media, argument])` holds in the page; on a timeout says where the player stands. */
async function waitFor(video, condition, argument) {
  const media = await video.elementHandle()
  const frame = await media.ownerFrame()
  try {
    await frame.waitForFunction(condition, [media, argument], { timeout: PLAY_TIMEOUT_MS })
  } catch (cause) {
    const state = await video.evaluate((media) => ({
      currentTime: media.currentTime, duration: media.duration, paused: media.paused, seeking: media.seeking,
      readyState: media.readyState, error: media.error?.message ?? null, ended: media.ended,
      buffered: Array.from({ length: media.buffered.length }, (_, i) => [media.buffered.start(i), media.buffered.end(i)]),
    }))
    throw new Error(`never came true: ${condition}\nplayer: ${JSON.stringify(state)}`, { cause })
  }
}
