import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { takeScreenshots } from './screenshots.mjs'

// Transcoding on a busy machine of two cores.
const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('on a browser that says when it wants media a video is fetched only then, and plays to its end', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    await page.locator('.row[data-state=ready]').waitFor()
    await page.addInitScript(manageSources)
    await page.goto(process.env.BASE_URL)
    const segments = []
    page.on('request', (request) => request.url().includes('/seg_') && segments.push(request.url()))

    await page.locator('.card-title').click()
    const video = await page.locator('telecine-player video').elementHandle()
    await page.waitForFunction(() => globalThis.managed?.sourceBuffers.length === 2)
    await settled(page)
    assert.deepEqual(segments, [], 'nothing is fetched that nobody has asked for')

    await page.evaluate(() => globalThis.managed.want())
    await page.waitForFunction((video) => video.readyState >= 3, video)
    await video.evaluate((video) => {
      video.muted = true
      return video.play()
    })
    await page.waitForFunction((video) => video.currentTime > 0.5 && video.buffered.end(0) > 12, video)

    // What it has is enough: even a seek to where nothing is waits until more is wanted.
    await page.evaluate(() => globalThis.managed.wantNoMore())
    await settled(page)
    const before = segments.length
    await video.evaluate((video) => (video.currentTime = 22))
    await page.waitForFunction((video) => video.seeking && video.readyState < 3, video)
    await settled(page)
    assert.equal(segments.length, before)
    await page.evaluate(() => globalThis.managed.want())
    await page.waitForFunction((video) => video.currentTime > 22.5 && !video.seeking, video)

    // As in Safari it wants no more as soon as it has all, which is no reason to wait for the end for ever.
    await page.waitForFunction((video) => !globalThis.managed.streaming && video.ended, video)
    assert.equal(await video.evaluate((video) => video.disableRemotePlayback), true)
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

// After the test above, which has brought the video.
test('a browser without media sources plays the HLS address by itself, and one that cannot says so', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.addInitScript(() => {
      delete globalThis.MediaSource
      delete globalThis.ManagedMediaSource
    })
    await page.goto(process.env.BASE_URL)
    await page.locator('.card-title').click()
    const player = page.locator('telecine-player')
    const video = await player.locator('video').elementHandle()
    await page.waitForFunction((video) => video.readyState >= 1, video)
    assert.equal(await video.evaluate((video) => video.src), await player.getAttribute('hls'))
    await video.evaluate((video) => {
      video.muted = true
      return video.play()
    })
    await page.waitForFunction((video) => video.currentTime > 0.5, video)
    await video.evaluate((video) => (video.currentTime = video.duration - 1))
    await page.waitForFunction((video) => video.ended, video)
    assert.deepEqual(seen.mediaFromApi, [], 'media that came through the API')
    assert.deepEqual(seen.errors, [], 'errors on the console')
    await player.evaluate((player) => player.remove())
    assert.equal(await video.evaluate((video) => video.getAttribute('src')), null, 'a player that is gone fetches nothing')

    // An address that has expired is replaced by the page.
    const videoApi = new URL(page.url()).pathname.replace('/studio/videos', '/api/v1/videos')
    await page.route((url) => url.pathname === videoApi, async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('/play/', '/play/expired-') })
    }, { times: 1 })
    await page.reload()
    await page.locator('telecine-player:not([hls*="/play/expired-"]) video').waitFor()
    await page.waitForFunction((video) => video.readyState >= 1, await player.locator('video').elementHandle())
    assert.ok(await player.locator('.error').isHidden(), 'nobody sees a failure')

    // What has no way to play it at all.
    await page.addInitScript(() => (HTMLMediaElement.prototype.canPlayType = () => ''))
    await page.reload()
    const failure = player.locator('.error')
    await failure.getByText('This browser cannot play this video.').waitFor()
    await failure.getByText('unsupported', { exact: true }).waitFor()
    await takeScreenshots(page, 'player-unsupported')
    await page.evaluate(() => (HTMLMediaElement.prototype.canPlayType = () => 'maybe'))
    await failure.getByRole('button', { name: 'Try again' }).click()
    await page.waitForFunction((video) => video.readyState >= 1, await player.locator('video').elementHandle())
    assert.ok(await failure.isHidden())
  }),
)

// With a source of the usual kind.
test('what is fetched follows the playhead: three segments ahead, some seconds behind, and nothing for those who have left', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const asked = []
    const numberOf = (request) => Number(/\/v\d+\/seg_(\d+)/.exec(request.url())?.[1] ?? -1)
    page.on('request', (request) => numberOf(request) >= 0 && asked.push(numberOf(request)))
    await page.goto(process.env.BASE_URL)
    await page.locator('.card-title').click()
    const video = await page.locator('telecine-player video').elementHandle()
    await page.waitForFunction((video) => video.readyState >= 2, video)
    assert.deepEqual(asked, [0], 'before anybody plays, one is enough')
    await video.evaluate(async (video) => {
      video.muted = true
      await video.play()
      video.pause()
    })
    await page.waitForFunction((video) => video.buffered.end(0) >= 15.5, video)
    await settled(page)
    assert.deepEqual(asked, [0, 1, 2, 3], 'three more than the one that plays')

    // Whoever seeks waits for nothing of the old place.
    await page.route(/\/seg_004/, () => {})
    const dropped = page.waitForEvent('requestfailed', (request) => numberOf(request) === 4)
    const wanted = page.waitForRequest((request) => numberOf(request) === 4)
    await video.evaluate((video) => (video.currentTime = 5))
    await wanted
    await video.evaluate((video) => (video.currentTime = 25))
    assert.match((await dropped).failure().errorText, /ABORTED/)
    await page.unroute(/\/seg_004/)
    await page.waitForFunction((video) => !video.seeking && video.readyState >= 3, video)
    assert.equal(asked.at(-1), 7)

    await video.evaluate((video) => video.play())
    await page.waitForFunction((video) => video.ended, video)
    assert.ok(await video.evaluate((video) => video.buffered.start(0) > 0), 'the beginning is let go')

    // Back at the beginning the player is taken away in the middle of a request.
    await page.route(/\/seg_000/, () => {})
    const given = page.waitForRequest((request) => numberOf(request) === 0)
    const failed = page.waitForEvent('requestfailed', (request) => numberOf(request) === 0)
    await video.evaluate((video) => (video.currentTime = 0))
    await given
    const before = asked.length
    await page.locator('telecine-player').evaluate((player) => player.remove())
    await failed
    await settled(page)
    assert.equal(asked.length, before)
    assert.deepEqual(await video.evaluate((video) => [video.getAttribute('src'), video.readyState]), [null, 0])
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

/** Until the page has done what it was about to do. */
const settled = (page) => page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve))))

/** Sources as Safari on phones has them, and no others; the test says when media is wanted. Runs in the page. */
function manageSources() {
  const Plain = globalThis.MediaSource
  const urls = new Set()
  class Managed extends Plain {
    streaming = false

    constructor() {
      super()
      globalThis.managed = this
    }

    addSourceBuffer(type) {
      const buffer = super.addSourceBuffer(type)
      buffer.addEventListener('updateend', () => this.hasAll() && this.wantNoMore())
      return buffer
    }

    hasAll() {
      return [...this.sourceBuffers].every(({ buffered }) => buffered.length > 0 && buffered.end(buffered.length - 1) > this.duration - 0.1)
    }

    want() {
      this.streaming = true
      this.dispatchEvent(new Event('startstreaming'))
    }

    wantNoMore() {
      this.streaming = false
      this.dispatchEvent(new Event('endstreaming'))
    }
  }
  globalThis.ManagedMediaSource = Managed
  delete globalThis.MediaSource

  // It does not open on an element that could be sent to another device.
  const create = URL.createObjectURL
  URL.createObjectURL = (object) => {
    const url = create(object)
    if (object instanceof Managed) urls.add(url)
    return url
  }
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'src')
  Object.defineProperty(HTMLMediaElement.prototype, 'src', {
    get,
    set(url) {
      if (!urls.has(url) || this.disableRemotePlayback) set.call(this, url)
    },
  })
}
