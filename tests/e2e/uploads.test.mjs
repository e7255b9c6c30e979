import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { watchParts } from './parts.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'BIG_CLIP', 'ELSEWHERE')
if (skip) console.log(skip)

test('an upload is paused, loses its line, is broken off by a reload, and still sends every part once', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    page.on('dialog', (dialog) => dialog.accept())
    const parts = await watchParts(page.context())
    const input = page.getByLabel('Files to upload')

    // Refused before anything is sent.
    await input.setInputFiles({ name: 'words.pdf', mimeType: 'application/pdf', buffer: Buffer.from('x') })
    await page.getByText('This is an application/pdf file; this server takes videos and sound.').waitFor()
    await page.getByRole('button', { name: 'Remove from this list: words.pdf' }).click()

    // The first three parts pass, the others wait.
    parts.letThrough(3)
    await input.setInputFiles(process.env.BIG_CLIP)
    const row = page.locator('.row').first()
    await page.waitForFunction(() => document.querySelectorAll('.part-cells [opacity="1"]').length === 3)
    await takeScreenshots(page, 'upload-parts')

    await row.getByRole('button', { name: /^Pause/ }).click()
    await row.getByText('paused').waitFor()
    await takeScreenshots(page, 'upload-paused')
    parts.letThrough(5)
    assert.deepEqual(parts.underWay(), [], 'nothing is sent while it is paused')
    await row.getByRole('button', { name: /^Resume/ }).click()
    await page.waitForFunction(() => document.querySelectorAll('.part-cells [opacity="1"]').length === 5)

    await page.context().setOffline(true)
    await row.getByText('no connection; goes on by itself').waitFor()
    await takeScreenshots(page, 'upload-offline')
    parts.letThrough(7)
    await page.context().setOffline(false)
    await page.waitForFunction(() => document.querySelectorAll('.part-cells [opacity="1"]').length === 7)
    await parts.until(7)
    const arrived = parts.arrived()

    // The same file in another tab waits for this one.
    const other = await page.context().newPage()
    await other.goto(process.env.BASE_URL)
    await other.getByLabel('Files to upload').setInputFiles(process.env.BIG_CLIP)
    await other.getByText('on its way in another tab').waitFor()
    await other.close()

    await page.reload()
    const interrupted = page.getByRole('list', { name: 'Interrupted uploads' })
    await interrupted.getByText('interrupted; what has arrived is kept').waitFor()
    await takeScreenshots(page, 'upload-interrupted')
    const again = interrupted.locator('input[type=file]')
    await again.setInputFiles({ name: 'big.mp4', mimeType: 'video/mp4', buffer: Buffer.from('another film') })
    await interrupted.getByText('That file has 12 bytes').waitFor()
    parts.letThrough(Infinity)
    await again.setInputFiles(process.env.BIG_CLIP)
    await page.locator('.row[data-state=ready]').waitFor()
    assert.equal(await interrupted.count(), 0)
    for (const number of arrived) assert.equal(parts.times(number), 1, `part ${number} was not sent again`)
    assert.deepEqual(parts.arrived(), Array.from({ length: 12 }, (_, index) => index + 1))
    const unexpected = seen.errors.filter((error) => !error.includes('ERR_INTERNET_DISCONNECTED'))
    assert.deepEqual(unexpected, [], 'errors on the console')
  }),
)

test('files elsewhere on the web are imported and become ready, and a private address is told', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.getByRole('button', { name: 'Import links' }).click()
    const form = page.locator('.import-form')
    await form.getByRole('textbox').fill('https://media.example/film.mp4 ftp://media.example/film.mp4')
    await form.getByRole('button', { name: 'Import' }).click()
    await form.getByText('Urls[1] must be an http or https address').waitFor()
    await takeScreenshots(page, 'import')
    await form.getByRole('textbox').fill('http://169.254.169.254/film.mp4')
    await form.getByRole('button', { name: 'Import' }).click()
    const card = page.locator('.card[data-state=failed]', { hasText: 'film.mp4' })
    await card.getByText('videoUrl cannot be fetched').waitFor()

    // Nobody asks the page to look again, and no byte of the film comes through it.
    await page.getByRole('button', { name: 'Import links' }).click()
    await form.getByRole('textbox').fill(new URL('/holiday.mp4', process.env.ELSEWHERE).href)
    await form.getByRole('button', { name: 'Import' }).click()
    await page.getByText('The file is being fetched').waitFor()
    await page.locator('.card[data-state=ready]', { hasText: 'holiday' }).waitFor()
    await page.goto(new URL('/studio', process.env.BASE_URL).href)
    await page.getByRole('button', { name: 'List' }).click()
    await page.locator('.video-row[data-state=ready]', { hasText: 'holiday' }).waitFor()
    const refused = seen.errors.filter((error) => !error.includes('422'))
    assert.deepEqual(refused, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)

// Jobs of episodes write down what they have done.
test('the page of a job shows what it has written down, line by line', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.evaluate(async (thumbnailUrl) => {
      const post = async (path, body) => (await fetch(`/api/v1/movies${path}`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
      })).json()
      const { id } = await post('', { title: 'The Film' })
      await post(`/${id}/episodes/import`, [{ episodeNumber: 1, title: 'Part 1', thumbnailUrl }])
    }, new URL('/1.jpg', process.env.ELSEWHERE).href)
    await page.goto(new URL('/studio/queues/asset-upload?text=episode', process.env.BASE_URL).href)
    await page.locator('.job-row[data-state=completed]', { hasText: 'import-episode' }).getByRole('link').first().click()
    const log = page.getByRole('region', { name: 'Log' })
    await log.getByText(/^\d+:\d\d:\d\d( [AP]M)? thumbnail: \d+ bytes, \d+ after compression$/).waitFor()
    assert.equal(await log.locator('.log-line time').count(), await log.locator('.log-line').count())
    assert.equal(await log.getByText('The job has written nothing down.').count(), 0)
    await takeScreenshots(page, 'job-log')
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

test('files that go up together are told, paused and resumed as one', { skip }, () =>
  withBrowser(async (page) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const parts = await watchParts(page.context())
    parts.letThrough(4)
    await page.evaluate(() => document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'own' })))
    await page.locator('#own').setInputFiles(process.env.BIG_CLIP)
    // The same bytes under two names.
    await page.evaluate(() => {
      const [file] = document.querySelector('#own').files
      const files = new DataTransfer()
      for (const name of ['one.mp4', 'two.mp4']) files.items.add(new File([file], name, { type: file.type }))
      const input = document.querySelector('.drop-zone input[type=file]')
      input.files = files.files
      input.dispatchEvent(new Event('change', { bubbles: true }))
    })
    const total = page.locator('.total-line')
    // Speed is known after a second.
    for (let count = 5; count <= 12; count++) {
      await page.waitForFunction((count) => document.querySelectorAll('.part-cells [opacity="1"]').length === count, count - 1)
      parts.letThrough(count)
    }
    await total.getByText(/^2 files · \d+(\.\d)? MB of 240 MB · [\d.]+ (k|M)B\/s · .+ left$/).waitFor()
    await takeScreenshots(page, 'uploads-total')
    await total.getByRole('button', { name: 'Pause all' }).click()
    await page.waitForFunction(() => [...document.querySelectorAll('.row')].every(({ innerText }) => innerText.includes('paused')))
    await parts.untilHeld(0)
    parts.letThrough(Infinity)
    await total.getByRole('button', { name: 'Resume all' }).click()
    await page.waitForFunction(() => document.querySelectorAll('.row[data-state=ready]').length === 2)
    assert.equal(await total.count(), 0)
  }),
)

test('fingers are not told to drop anything', { skip }, () =>
  withBrowser(async (page) => {
    const zone = page.getByRole('region', { name: 'Upload' })
    await zone.getByText('Choose videos').waitFor()
    assert.doesNotMatch(await zone.innerText(), /drop|paste/i)
    await takeScreenshots(page, 'home-touch')
  }, { isMobile: true, hasTouch: true, viewport: { width: 390, height: 844 } }),
)
