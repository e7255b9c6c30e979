import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { assertReadable } from './readable.mjs'
import { takeScreenshots } from './screenshots.mjs'
import { assertStill } from './still.mjs'

const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP', 'BROKEN_CLIP')
if (skip) console.log(skip)

test('every page can be read by everybody, in the light and in the dark, wide and narrow', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.getByLabel('Files to upload').setInputFiles([process.env.CLIP, process.env.BROKEN_CLIP])
    await page.locator('.row[data-state=ready]').waitFor()
    await page.locator('.row[data-state=failed]').waitFor()
    const ready = await page.locator('.row[data-state=ready] a.button').getAttribute('href')

    await look(page, 'home', '/', '.card')
    await look(page, 'library', '/studio', '.card')
    const failed = await page.locator('.card[data-state=failed] .card-title').getAttribute('href')
    await page.getByRole('button', { name: 'List' }).click()
    await look(page, 'library-list', '/studio', '.video-row')
    await look(page, 'video', ready, 'telecine-player video')
    await look(page, 'video-failed', failed, '.failure')
    await look(page, 'watch', ready.replace('/studio/videos/', '/watch/'), 'telecine-player video')
    await look(page, 'queues', '/studio/queues', 'main a')
    await look(page, 'queue', '/studio/queues/video-processing?state=failed', 'main a')
    await look(page, 'job', failed.replace('/studio/videos/', '/studio/jobs/process-video-'), 'main table, main pre')
    await look(page, 'schedules', '/studio/schedules', 'main table, main li')
    await look(page, 'storage', '/studio/storage', '.figures')
    await look(page, 'system', '/studio/system', '.finding[data-ok]')
    await look(page, 'keys', '/studio/keys', '.keys li')
    await look(page, 'missing', '/studio/nothing', 'h1')
    const [image, movie] = await fillRooms(page)
    await look(page, 'images-waiting', '/studio/images', '.card')
    await look(page, 'image-waiting', image, '.video-head')
    await look(page, 'cache-failed', '/studio/cache', '.asset-row[data-state=failed]')
    await look(page, 'movies-failed', '/studio/movies', '.movie-row .row-error')
    await look(page, 'movie-failed', movie, '.card[data-state=failed]')

    // With a key that may only look, everything is there but what changes something.
    await page.goto(new URL('/studio/keys', process.env.BASE_URL).href)
    await page.getByLabel('What it is for').fill('the screen in the hall')
    await page.getByLabel('What it may do').selectOption('read')
    await page.getByRole('button', { name: 'Make a key' }).click()
    const key = await page.locator('.new-key input').inputValue()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await look(page, 'sign-in', '/', '#token')
    await page.getByLabel('Access token').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This session may look at everything and change nothing.').waitFor()
    for (const [path, what] of [
      ['/', '.card'], ['/studio', '.video-row'], [ready, '.video-details dl'], ['/studio/queues', 'tbody a'],
      ['/studio/queues/video-processing?state=failed', '.job-row'], ['/studio/keys', '.keys li'],
      ['/studio/images', '.card'], [image, '.video-head'], ['/studio/cache', '.asset-row'],
      ['/studio/movies', '.movie-row'], [movie, '.card'],
    ]) {
      await page.goto(new URL(path, process.env.BASE_URL).href)
      await page.locator(what).first().waitFor()
      const changing = /Delete|Edit|Process|Pause|Retry|Clear|Make|Revoke|Add|Choose|Change|Remove|Discard|Cancel|Go on|Import|Create|Fetch|Clean/
      const names = await page.locator('main').getByRole('button').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.innerText))
      assert.deepEqual(names.filter((name) => changing.test(name)), [], path)
      assert.equal(await page.locator('main').locator('[type=checkbox], [type=file], textarea').count(), 0, path)
    }
    const unexpected = seen.errors.filter((error) => !error.includes('401'))
    assert.deepEqual(unexpected, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)

/** An image that is awaited, and files that cannot be had; gives the pages of the image and of the movie. */
function fillRooms(page) {
  return page.evaluate(async () => {
    const post = async (path, body) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
      return (await fetch(`/api/v1/${path}`, init)).json()
    }
    const url = 'http://169.254.169.254/latest/picture.jpg'
    const image = await post('images', { filename: 'beach.jpg', size: 1000, content_type: 'image/jpeg' })
    const movie = await post('movies', { title: 'The long way home' })
    await post('cache-assets', { url })
    await post(`movies/${movie.id}/episodes/import`, [{ episodeNumber: 1, thumbnailUrl: url }])
    return [`/studio/images/${image.id}`, `/studio/movies/${movie.id}`]
  })
}

test('a key opens everything until it is revoked, and nothing afterwards', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.goto(new URL('/studio/keys', process.env.BASE_URL).href)
    await page.getByLabel('What it is for').fill('a script')
    await page.getByRole('button', { name: 'Make a key' }).click()
    const key = await page.locator('.new-key input').inputValue()
    const statusWithKey = async () => (await fetch(new URL('/api/v1/videos', process.env.BASE_URL), { headers: { authorization: `Bearer ${key}` } })).status
    assert.equal(await statusWithKey(), 200)

    const revoke = page.getByRole('button', { name: 'Revoke a script' })
    const question = page.getByRole('dialog', { name: 'Revoke this key?' })
    await revoke.click()
    await question.getByRole('button', { name: 'Keep it' }).click()
    await question.waitFor({ state: 'detached' })
    assert.equal(await statusWithKey(), 200)
    await revoke.click()
    await question.getByRole('button', { name: 'Revoke', exact: true }).click()
    await revoke.waitFor({ state: 'detached' })
    assert.equal(await statusWithKey(), 401)

    // The person who has revoked it came with another one.
    await page.reload()
    await page.getByRole('heading', { name: 'API keys' }).waitFor()
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

// After the first test, which has brought the videos.
test('lists have their room before they are there, and figures stand below each other', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    for (const [path, answer, skeleton, item] of [
      ['/studio', '/api/v1/videos', '.skeleton', '.video-row, .card'],
      ['/studio/queues/video-processing?state=completed', '/api/v1/queues/video-processing/jobs', '.job-row.skeleton', '.job-row a'],
    ]) {
      let letGo
      const isFree = new Promise((resolve) => (letGo = resolve))
      await page.route((url) => url.pathname === answer, (route) => isFree.then(() => route.continue()))
      await page.goto(new URL(path, process.env.BASE_URL).href)
      await page.locator(skeleton).first().waitFor()
      assert.equal(await page.locator('main').locator('[role=progressbar], [class*=spin], progress').count(), 0, `no spinner on ${path}`)
      letGo()
      await page.locator(item).first().waitFor()
      assert.equal(await page.locator(skeleton).count(), 0, `the room on ${path} is taken`)
      await page.unrouteAll()
    }
    await assertTabular(page, '.job-row .number')
    await page.goto(new URL('/studio', process.env.BASE_URL).href)
    await page.getByRole('button', { name: 'List' }).click()
    await assertTabular(page, '.video-row .number')
    await page.goto(new URL('/studio/storage', process.env.BASE_URL).href)
    await assertTabular(page, '.figures dd, tbody td')
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

test('the page about storage says how many addresses come from the cache', { skip }, () =>
  withBrowser(async (page) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const { items } = await page.evaluate(async () => (await fetch('/api/v1/videos?status=ready')).json())
    const shown = async () => {
      await page.goto(new URL('/studio/storage', process.env.BASE_URL).href)
      await page.locator('.figures').waitFor()
      const { urls } = await page.evaluate(async () => (await fetch('/api/v1/storage')).json())
      const percent = Math.floor((100 * urls.hits) / (urls.hits + urls.misses))
      await page.locator('.figures .panel', { hasText: 'Addresses from the cache' }).getByText(`${percent} %`, { exact: true }).waitFor()
      return urls
    }
    const before = await shown()
    // What was asked for a moment ago is signed already.
    await page.evaluate((id) => fetch(`/api/v1/videos/${id}`), items[0].id)
    const after = await shown()
    assert.ok(after.hits > before.hits, `${after.hits} after ${before.hits}`)
    assert.equal(after.misses, before.misses)
  }),
)

/** All digits of these are equally wide. */
async function assertTabular(page, selector) {
  await page.locator(selector).first().waitFor({ state: 'attached' })
  const kinds = await page.locator(selector).evaluateAll((all) => all.map((one) => getComputedStyle(one).fontVariantNumeric))
  assert.deepEqual(new Set(kinds), new Set(['tabular-nums']), selector)
}

/** Opens a page, waits for what it is about, and has axe read it in every form. */
async function look(page, name, path, what) {
  await page.goto(new URL(path, process.env.BASE_URL).href)
  await page.locator(what).first().waitFor()
  await assertStill(page, name)
  await assertReadable(page, name)
  await takeScreenshots(page, name)
}
