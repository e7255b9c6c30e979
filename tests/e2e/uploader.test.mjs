import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apiOrigin, skipReason, withBrowser } from './browser.mjs'
import { dropFiles } from './drop.mjs'
import { withSite } from './page.mjs'
import { assertReadable } from './readable.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 300_000

/** What the other site notes of the uploads on it. */
const LISTEN = "globalThis.told = []; addEventListener('upload', ({ detail }) => told.push(detail), { capture: true })"
const LISTEN_HASH = createHash('sha256').update(LISTEN).digest('base64')

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('people without access upload on a page of another site, with an upload token', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    // What the other site does with its key; the first token that it gives has expired.
    const good = await page.evaluate(async () => (await fetch('/api/v1/upload-tokens', { method: 'POST' })).text())
    const tokens = ['expired']
    await page.context().clearCookies()

    await withSite(shop(() => tokens.shift() ?? good), async (port) => {
      await page.goto(`http://127.0.0.1:${port}/`)
      const name = basename(process.env.CLIP)
      await page.getByLabel('Files to upload').setInputFiles(process.env.CLIP)
      await page.locator('.row[data-state=ready]').waitFor()
      await takeScreenshots(page, 'uploader')
      const watch = await page.getByRole('link', { name: 'Watch' }).getAttribute('href')
      const told = await page.evaluate(() => globalThis.told)
      assert.match(watch, /^https:\/\/shop\.example\/films\/[0-9a-f-]{36}$/)
      const steps = ['opened', 'stored', 'playable', 'ready']
      assert.deepEqual(told.map(({ step, name }) => [step, name]), steps.map((step) => [step, name]))
      assert.ok(told.every(({ videoId, uploadId }) => watch.endsWith(videoId) && uploadId))
      await assertReadable(page, 'uploader')

      // Several files are dropped on it at once, and one is pasted.
      await page.getByRole('button', { name: 'Remove from this list' }).click()
      await dropFiles(page, page.locator('telecine-uploader'), [process.env.CLIP, fileURLToPath(import.meta.url)])
      await page.getByText('This is a text/javascript file').waitFor()
      await page.locator('h1').evaluate((element) => {
        const clipboardData = new DataTransfer()
        clipboardData.items.add(new File(['x'], 'words.pdf', { type: 'application/pdf' }))
        element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
      })
      await page.getByText('This is an application/pdf file; this server takes videos and sound.').waitFor()
      await page.locator('.row[data-state=ready]', { hasText: name }).waitFor()

      // The site takes the element away while a file goes up, and shows it again.
      const held = []
      await page.route((url) => url.searchParams.has('X-Amz-Signature'), (route) => held.push(route))
      await page.getByRole('button', { name: `Remove from this list: ${name}` }).click()
      const sending = page.waitForRequest((request) => request.method() === 'PUT')
      await page.getByLabel('Files to upload').setInputFiles(process.env.CLIP)
      await sending
      const element = await page.locator('telecine-uploader').elementHandle()
      await element.evaluate((element) => document.querySelector('main').prepend(element))
      assert.equal(await page.locator('.row[data-state=sending]').count(), 1, 'a move breaks nothing off')
      await element.evaluate((element) => element.remove())
      await page.evaluate((element) => document.querySelector('main').append(element), element)
      const interrupted = page.getByRole('list', { name: 'Interrupted uploads' })
      await interrupted.getByText(name).waitFor()
      await page.unrouteAll()
      await interrupted.getByLabel(`The file ${name}`).setInputFiles(process.env.CLIP)
      await page.locator('.row[data-state=ready]').waitFor()

      // What the token does not open.
      const refused = await page.evaluate(async ({ origin, token }) => {
        const headers = { authorization: `Bearer ${token}` }
        return Promise.all(['/videos', '/queues', '/session'].map((path) => fetch(`${origin}/api/v1${path}`, { headers }).then(
          ({ status }) => status, () => 'not for this origin')))
      }, { origin: apiOrigin, token: JSON.parse(good).token })
      assert.deepEqual(refused, Array(3).fill('not for this origin'))

      await page.evaluate(() => document.querySelector('telecine-uploader').removeAttribute('token-url'))
      await page.getByLabel('Files to upload').setInputFiles(process.env.CLIP)
      await page.getByText('This page has no permission to upload').waitFor()
    })
    assert.deepEqual(seen.mediaFromApi, [], 'media that came through the API')
    // A refused token, a question whether a file has arrived, and what another origin may not read.
    const unexpected = seen.errors.filter((error) => !/401|409|CORS|ERR_FAILED/.test(error))
    assert.deepEqual(unexpected, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)

/** A site whose policy lets in nothing but what the element needs. */
function shop(token) {
  const policy = `default-src 'none'; script-src ${apiOrigin} 'sha256-${LISTEN_HASH}'; img-src data:; connect-src 'self' http://127.0.0.1:*; base-uri 'none'`
  return (request, response) => {
    if (request.url === '/upload-token') return response.end(request.method === 'POST' ? token() : '')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('content-security-policy', policy)
    response.end(`<!doctype html><html lang="en"><title>A shop</title><meta name="viewport" content="width=device-width">
      <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
      <script type="module" src="${apiOrigin}/assets/uploader.js"></script><script>${LISTEN}</script>
      <main><h1>Send us your film</h1>
      <telecine-uploader token-url="/upload-token" watch="https://shop.example/films/{id}"></telecine-uploader></main></html>`)
  }
}
