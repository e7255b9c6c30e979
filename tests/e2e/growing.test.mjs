import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { tellEncoders, untellEncoders } from './encoders.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 120_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP', 'PHONE_CLIP', 'ENCODERS')
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

// After the test above, which has let the encoders go.
test('what failed half way goes on with what there is, and a video that has failed is made after all', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const upload = async () => {
      await page.goto(process.env.BASE_URL)
      await page.locator('input[type=file]').setInputFiles(process.env.PHONE_CLIP)
      const link = page.locator('.row').first().getByRole('link', { name: 'Watch' })
      await link.waitFor()
      return (await link.getAttribute('href')).split('/').at(-1)
    }
    /** The addresses of the segments of the smaller rendition, without what signs them. */
    const segments = (id) => page.evaluate(async (id) => {
      const { playback } = await (await fetch(`/api/v1/videos/${id}`)).json()
      const { video } = await (await fetch(playback.manifest)).json()
      return video.find(({ id }) => id === '360p').segments.map(({ url }) => new URL(url).pathname)
    }, id)

    // The disk is full when the smaller rendition is stored; the job waits a while before it tries again, or is told to.
    untellEncoders(process.env.ENCODERS, 'go')
    const first = await upload()
    await page.goto(new URL(`/studio/queues/video-encoding?text=${first}`, process.env.BASE_URL).href)
    await page.locator('.job-row[data-state=active]').waitFor()
    const stored = await segments(first)
    assert.ok(stored.length > 0)
    tellEncoders(process.env.ENCODERS, 'full')
    const again = page.getByRole('button', { name: `Run now: encode-video-${first}` })
    await again.waitFor()
    tellEncoders(process.env.ENCODERS, 'go')
    await again.click()
    await page.goto(new URL(`/studio/videos/${first}`, process.env.BASE_URL).href)
    await page.locator('.chip-ready').waitFor()
    assert.deepEqual(await segments(first), stored, 'what was stored is not made again')

    // Of one that has failed for good nothing is left but the file that was uploaded; that is not sent again.
    untellEncoders(process.env.ENCODERS, 'go')
    untellEncoders(process.env.ENCODERS, 'full')
    const second = await upload()
    await page.goto(new URL(`/studio/videos/${second}`, process.env.BASE_URL).href)
    await page.locator('telecine-player video').waitFor()
    tellEncoders(process.env.ENCODERS, 'full')
    const failure = page.locator('.failure')
    await failure.getByText('scratch_space').waitFor()
    assert.equal(await page.locator('telecine-player').count(), 0, 'there is nothing to play')
    tellEncoders(process.env.ENCODERS, 'go')
    const sent = []
    page.on('request', (request) => request.method() === 'PUT' && sent.push(request.url()))
    await failure.getByRole('button', { name: 'Process again' }).click()
    await page.locator('.chip-ready').waitFor()
    await page.locator('telecine-player video').waitFor()
    assert.equal((await segments(second)).length, stored.length)
    assert.deepEqual(sent, [])
    // A player may ask for more of a video just when that has failed.
    const unexpected = seen.errors.filter((error) => !/404.*manifest\.json/.test(error))
    assert.deepEqual(unexpected, [], 'errors on the console')
  }),
)
