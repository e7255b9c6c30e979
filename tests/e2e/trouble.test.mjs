import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { takeScreenshots } from './screenshots.mjs'

// Transcoding on a busy machine of two cores.
const READY_TIMEOUT_MS = 300_000
// One try and three more after 1, 2 and 4 s.
const FAILURE_TIMEOUT_MS = 60_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('the pages say what is wrong and go on when they can', { skip }, () =>
  withBrowser(async (page) => {
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    await page.locator('.row[data-state=ready]').waitFor({ timeout: READY_TIMEOUT_MS })

    // The player starts with the first segment. The address of the second one has expired, and then there is no way to it.
    const second = /\/seg_001\.m4s/
    let manifests = 0
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.includes('/manifest.')) manifests++
    })
    await page.route(second, async (route) => {
      if (manifests > 1) return route.abort()
      await route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' }, body: '' })
    })
    await page.locator('.row').getByRole('link', { name: 'Watch' }).click()
    await page.waitForURL(/\/studio\/videos\//)
    const watchUrl = page.url()
    const video = page.locator('telecine-player video')
    await waitFor(page, video, (media) => media.readyState >= 2)
    await video.evaluate(async (media) => {
      media.muted = true
      await media.play()
      media.pause()
      media.currentTime = 4.2
    })
    const failure = page.locator('telecine-player .error')
    await failure.waitFor({ timeout: FAILURE_TIMEOUT_MS })
    assert.match(await failure.innerText(), /Check the connection/)
    assert.match(await failure.innerText(), /network/, 'the code is there for those who ask about it')
    assert.equal(manifests, 2, 'fresh addresses were fetched')
    await takeScreenshots(page, 'player-error')

    // A seek asks again, and stays paused.
    await page.unroute(second)
    const bar = page.locator('telecine-player .seek input')
    const { width, height } = await bar.boundingBox()
    await bar.click({ position: { x: 0.9 * width, y: height / 2 } })
    await waitFor(page, video, (media) => media.currentTime > 4.2 && media.readyState >= 2 && !media.seeking)
    assert.ok(await video.evaluate((media) => media.paused), 'it stands still where the seek went')
    assert.ok(await failure.isHidden(), 'the failure is gone')

    // The page has addresses that have expired: it gets others by itself.
    const videoApi = new URL(watchUrl).pathname.replace('/studio/videos', '/api/v1/videos')
    await expireOnce(page, videoApi)
    await page.reload()
    await waitFor(page, video, (media) => media.readyState >= 2)
    assert.ok(await failure.isHidden(), 'nobody sees a failure')
    const player = page.locator('telecine-player')
    for (const name of ['src', 'poster', 'hls'])
      assert.doesNotMatch(await player.getAttribute(name), /expired/, `${name} is a fresh address`)

    await expireOnce(page, '/api/v1/videos')
    await page.goto(new URL('/', watchUrl).href)
    await page.waitForFunction(() => document.querySelector('.card img')?.naturalWidth > 0)

    // Deleted by somebody else.
    const status = await page.evaluate(async (path) => (await fetch(path, { method: 'DELETE' })).status, videoApi)
    assert.equal(status, 204)
    await page.goto(watchUrl)
    await page.getByRole('heading', { name: 'This video is not there' }).waitFor()
    await takeScreenshots(page, 'deleted')

    // An address that is no encoding of any text.
    await page.goto(new URL('/watch/%E0', watchUrl).href)
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()

    // The session ends while the tab is open.
    await page.context().clearCookies()
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
    await takeScreenshots(page, 'session-ended')
  }),
)

/** Lets the next answer of the API at `path` name addresses that no longer work. */
async function expireOnce(page, path) {
  await page.route((url) => url.pathname === path, async (route) => {
    const answer = await route.fetch()
    const old = (await answer.text()).replaceAll('/play/', '/play/expired-').replaceAll('X-Amz-Signature=', 'X-Amz-Signature=expired')
    await route.fulfill({ response: answer, body: old })
  }, { times: 1 })
}

async function waitFor(page, video, condition) {
  await page.waitForFunction(condition, await video.elementHandle(), { timeout: FAILURE_TIMEOUT_MS })
}
