import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { tellEncoders } from './encoders.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 120_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP', 'ENCODERS')
if (skip) console.log(skip)

test('who starts to watch while the video is made goes on to the end and gets the new renditions', { skip }, () =>
  withBrowser(async (page, seen) => {
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    await page.locator('.row').first().getByRole('link', { name: 'Watch' }).click({ timeout: TIMEOUT_MS })
    await page.waitForURL(/\/studio\/videos\//)
    await page.getByText('More qualities are being made.').waitFor()
    const video = page.locator('telecine-player video')
    await page.locator('telecine-player').evaluate((player) => {
      player.addEventListener('manifest', ({ detail }) => (player.dataset.renditions = detail.video.map(({ id }) => id).join()))
    })
    await video.evaluate((media) => {
      media.muted = true
      return media.play()
    })
    const holds = async (condition) => {
      const media = await video.elementHandle()
      await (await media.ownerFrame()).waitForFunction(condition, media, { timeout: TIMEOUT_MS })
    }
    await holds((media) => media.currentTime > 1 && media.duration > 39)
    await takeScreenshots(page, 'growing')
    assert.ok(seen.mediaFromStorage.some((url) => url.includes('/source/seg_')), 'the copied pictures play')

    tellEncoders(process.env.ENCODERS, 'go')
    await page.getByText('More qualities are being made.').waitFor({ state: 'detached', timeout: TIMEOUT_MS })
    await page.locator('telecine-player[data-renditions="360p"]').waitFor({ timeout: TIMEOUT_MS })
    const before = await video.evaluate((media) => media.currentTime)
    assert.ok(before > 1, 'it has not begun anew')
    await video.evaluate((media) => (media.currentTime = 30))
    await holds((media) => media.currentTime > 30.5 && !media.seeking)
    assert.ok(seen.mediaFromStorage.some((url) => url.includes('/v360/seg_')), 'the ladder plays')
    await video.evaluate((media) => (media.currentTime = media.duration - 1))
    await holds((media) => media.ended)
    assert.deepEqual(seen.errors, [], 'errors on the console')
    assert.deepEqual(seen.mediaFromApi, [], 'media that came through the API')
  }),
)
