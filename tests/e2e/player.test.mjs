import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { takeScreenshots } from './screenshots.mjs'

// Transcoding on a busy machine of two cores.
const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('a person uses every control of the player', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    await page.locator('.row[data-state=ready]').waitFor()

    // Before any media has come, the picture is there from far away.
    const media = held(page, /\/seg_/)
    await media.hold()
    await page.locator('.row').getByRole('link', { name: 'Watch' }).click()
    const player = page.locator('telecine-player')
    const video = player.locator('video')
    await player.locator('.placeholder:not([hidden])').waitFor()
    await media.letGo()
    await until(video, (video) => video.readyState >= 2)
    await player.locator('.placeholder[hidden]').waitFor({ state: 'attached' })

    await video.evaluate((video) => {
      video.muted = true
      return video.play()
    })
    await until(video, (video) => video.currentTime > 0.3)

    // The seek bar shows what is where.
    const bar = player.locator('.seek input')
    const { x, y, width, height } = await bar.boundingBox()
    await page.mouse.move(x + width / 2, y + height / 2)
    const preview = player.locator('.preview')
    await preview.waitFor()
    assert.match(await preview.locator('.tile').evaluate((tile) => tile.style.backgroundImage), /storyboard_000\.jpg/)
    assert.match(await preview.innerText(), /^0:1[45]$/)
    await takeScreenshots(page, 'player-preview')

    // Qualities and speeds are in one menu.
    const settings = player.getByRole('button', { name: 'Settings' })
    await settings.click()
    await takeScreenshots(page, 'player-settings')
    await player.getByRole('menuitemradio', { name: '1.5×' }).click()
    assert.equal(await video.evaluate((video) => video.playbackRate), 1.5)
    await page.keyboard.press('>')
    assert.equal(await video.evaluate((video) => video.playbackRate), 1.75)
    await settings.click()
    assert.equal(await player.getByRole('menuitemradio', { name: '1.75×' }).getAttribute('aria-checked'), 'true')
    await player.getByRole('menuitemradio', { name: 'Normal' }).click()
    await settings.click()
    const qualities = await player.getByRole('group', { name: 'Quality' }).getByRole('menuitemradio').allInnerTexts()
    assert.deepEqual(qualities.map((name) => name.split(' ')[0]), ['Auto', '480p', '360p'])
    await player.getByRole('menuitemradio', { name: '360p' }).click()
    await until(video, (video) => video.videoHeight === 360)

    // Picture by picture.
    await page.keyboard.press('k')
    await until(video, (video) => video.paused && !video.seeking)
    const before = await video.evaluate((video) => video.currentTime)
    await page.keyboard.press('.')
    await until(video, (video) => !video.seeking)
    const step = (await video.evaluate((video) => video.currentTime)) - before
    assert.ok(Math.abs(step - 1 / 24) < 0.001, `one of 24 pictures a second, not ${step} s`)

    // A wait is shown when it is one: after 300 ms of the page's own clock.
    await media.hold()
    const shown = await video.evaluate((video) => new Promise((resolve) => {
      const player = video.getRootNode().querySelector('.player')
      const spinner = player.querySelector('.spinner')
      let begun
      let unseen = 0
      const look = () => {
        if (getComputedStyle(spinner).opacity !== '0') return resolve({ afterMs: performance.now() - begun, unseen })
        unseen++
        requestAnimationFrame(look)
      }
      new MutationObserver((_, observer) => {
        if (!player.hasAttribute('data-waiting')) return
        observer.disconnect()
        begun = performance.now()
        look()
      }).observe(player, { attributeFilter: ['data-waiting'] })
      video.currentTime = 25
    }))
    assert.ok(shown.unseen > 0 && shown.afterMs >= 300, `seen after ${shown.afterMs} ms`)
    await page.waitForFunction((spinner) => getComputedStyle(spinner).opacity === '1', await player.locator('.spinner').elementHandle())
    await takeScreenshots(page, 'player-waiting')
    await media.letGo()
    await player.locator('.spinner').waitFor({ state: 'hidden' })

    // The list of keys.
    await page.keyboard.press('?')
    const keys = player.getByRole('dialog', { name: 'Keys' })
    await keys.waitFor()
    await takeScreenshots(page, 'player-keys')
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'hidden' })

    // As wide as the window, and back.
    const widthOf = async () => (await player.boundingBox()).width
    const normal = await widthOf()
    await page.keyboard.press('t')
    const full = await page.evaluate(() => document.documentElement.clientWidth)
    assert.ok(normal < full && (await widthOf()) >= full, `${normal} became ${await widthOf()} of ${full}`)
    await takeScreenshots(page, 'player-wide')
    await player.hover()
    await player.getByRole('button', { name: 'Normal width' }).click()
    assert.equal(await widthOf(), normal)

    // A phone shows all that it can use.
    await page.setViewportSize({ width: 320, height: 640 })
    await player.hover()
    const buttons = await player.locator('.buttons').evaluate((row) => [row.scrollWidth, row.clientWidth])
    assert.ok(buttons[0] <= buttons[1], `the buttons need ${buttons[0]} of ${buttons[1]} pixels`)
    await takeScreenshots(page, 'player-small')

    // The browser remembers the width that somebody has chosen.
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.keyboard.press('t')
    await page.reload()
    await player.waitFor()
    assert.ok((await widthOf()) >= full, 'it is as wide again')

    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

// After the test above, which has brought the video.
test('every key and every button of the player does what it says, and so does a finger', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.goto(process.env.BASE_URL)
    await page.locator('.card-title').click()
    const player = page.locator('telecine-player')
    const video = player.locator('video')
    await until(video, (video) => video.readyState >= 2)
    const timeAfter = async (key) => {
      await page.keyboard.press(key)
      return video.evaluate((video) => video.currentTime)
    }
    const volumeAfter = async (key) => {
      await page.keyboard.press(key)
      return video.evaluate(({ volume, muted }) => (muted ? 0 : volume))
    }

    // What was fetched around both places is shown, each by itself.
    await page.keyboard.press('5')
    await until(video, (video) => !video.seeking && video.buffered.length === 2)
    await until(video, (video) => video.getRootNode().querySelector('.ranges').childElementCount === 2)
    await page.keyboard.press('0')
    await until(video, (video) => !video.seeking)

    await player.getByRole('button', { name: 'Play', exact: true }).first().click()
    await until(video, (video) => video.currentTime > 0.2)
    await player.locator('.buttons').getByRole('button', { name: 'Pause' }).click()
    await until(video, (video) => video.paused)
    await page.keyboard.press(' ')
    await until(video, (video) => !video.paused)
    await page.keyboard.press('k')
    await until(video, (video) => video.paused)

    const near = (seen, wanted) => assert.ok(Math.abs(seen - wanted) < 0.03, `${seen} is not ${wanted}`)
    near(await timeAfter('5'), 15)
    near(await timeAfter('l'), 25)
    near(await timeAfter('j'), 15)
    near(await timeAfter('ArrowRight'), 20)
    near(await timeAfter('ArrowLeft'), 15)
    near(await timeAfter('.'), 15 + 1 / 24)
    near(await timeAfter(','), 15)
    near(await timeAfter('0'), 0)
    await player.getByText('0:00 / 0:30').waitFor()

    await player.locator('.player').focus()
    near(await volumeAfter('m'), 0)
    near(await volumeAfter('m'), 1)
    near(await volumeAfter('ArrowDown'), 0.95)
    near(await volumeAfter('ArrowUp'), 1)
    await player.getByRole('slider', { name: 'Volume' }).fill('0.4')
    near(await video.evaluate(({ volume }) => volume), 0.4)
    assert.equal(await player.getByRole('slider', { name: 'Volume' }).getAttribute('aria-valuetext'), '40 %')

    const isFull = () => page.waitForFunction(() => document.fullscreenElement?.localName === 'telecine-player')
    const isSmall = () => page.waitForFunction(() => !document.fullscreenElement)
    await player.locator('.player').focus()
    await page.keyboard.press('f')
    await isFull()
    await page.keyboard.press('f')
    await isSmall()
    await player.hover()
    await player.getByRole('button', { name: 'Full screen' }).click()
    await isFull()
    await player.getByRole('button', { name: 'Leave full screen' }).click()
    await isSmall()

    // A little window exists only where there are windows; what the button asks for is seen all the same.
    const asked = video.evaluate((video) => new Promise((resolve) => (video.requestPictureInPicture = async () => resolve('asked'))))
    await player.hover()
    await player.getByRole('button', { name: 'Picture in picture' }).click()
    assert.equal(await asked, 'asked')

    // Whoever comes by keyboard sees where they are.
    await player.locator('.player').focus()
    await page.keyboard.press('Tab')
    const focused = await player.evaluate((player) => {
      const { activeElement } = player.shadowRoot
      const { outlineStyle, outlineWidth } = getComputedStyle(activeElement)
      return [activeElement.localName, outlineStyle !== 'none' && outlineWidth !== '0px']
    })
    assert.equal(focused[1], true, `${focused[0]} shows no focus`)

    // For those who ask for it nothing slides.
    const slides = () => player.locator('.bar').evaluate((bar) => getComputedStyle(bar).transitionProperty !== 'none' && getComputedStyle(bar).transitionDuration !== '0s')
    assert.equal(await slides(), true)
    await page.emulateMedia({ reducedMotion: 'reduce' })
    assert.equal(await slides(), false)

    // A finger that is drawn along the bar sees where it would go, and goes there when it is lifted.
    const session = await page.context().newCDPSession(page)
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: true })
    const { x, y, width, height } = await player.locator('.seek input').boundingBox()
    const touch = (type, share) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: share === null ? [] : [{ x: x + share * width, y: y + height / 2 }] })
    await touch('touchStart', 0.2)
    await touch('touchMove', 0.3)
    await touch('touchMove', 0.5)
    await player.locator('.preview').getByText(/^0:1[45]$/).waitFor()
    await takeScreenshots(page, 'player-touch')
    await touch('touchEnd', null)
    await until(video, (video) => Math.abs(video.currentTime - 15) < 1)
    await player.locator('.preview').waitFor({ state: 'hidden' })
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

/** Requests that wait until they are let go. */
function held(page, pattern) {
  let waiting = []
  // The player may have taken a request back meanwhile.
  const keep = (route) => new Promise((go) => waiting.push(() => route.continue().catch(() => {}).then(go)))
  return {
    hold: () => page.route(pattern, keep),
    letGo: async () => {
      await page.unroute(pattern, keep)
      waiting.forEach((go) => go())
      waiting = []
    },
  }
}

async function until(video, condition) {
  const media = await video.elementHandle()
  await (await media.ownerFrame()).waitForFunction(condition, media)
}
