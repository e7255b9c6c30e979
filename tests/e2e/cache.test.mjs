import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { withSite } from './page.mjs'
import { drawn } from './pictures.mjs'
import { assertReadable } from './readable.mjs'
import { takeScreenshots } from './screenshots.mjs'
import { assertStill } from './still.mjs'
import { given, sign } from './signs.mjs'

const TIMEOUT_MS = 120_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'SITE_PORT', 'SIGNS')
if (skip) console.log(skip)

test('a person caches files of other servers, and sees what fails and why', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const picture = await drawn(page, { hue: 40 })
    let isThere = false
    const answer = (request, response) => {
      if (request.url === '/late.jpg' && !isThere) return response.writeHead(404).end()
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture)
    }
    await withSite(answer, async (port) => {
      const site = `http://127.0.0.1:${port}`
      // The room comes when somebody enters it, and the line may be down just then.
      await page.route('**/assets/cache.js', (route) => route.abort(), { times: 1 })
      await page.getByRole('link', { name: 'Cache' }).click()
      await page.getByText('This page could not be loaded.').waitFor()
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('heading', { name: 'Nothing cached yet' }).waitFor()
      await page.getByText(/^0 addresses, 0 objects/).waitFor()
      await look(page, 'cache-empty')

      // What is no address is refused with its place, and stays in the form.
      const form = page.getByRole('region', { name: 'Add addresses' })
      await form.getByLabel('Addresses of files').fill(`${site}/a.jpg\nfile:///etc/passwd`)
      await form.getByRole('button', { name: 'Add to the cache' }).click()
      await form.getByRole('alert').getByText(/Urls\[1\] must be/).waitFor()

      await form.getByLabel('Addresses of files').fill(`${site}/a.jpg\n${site}/late.jpg\n${site}/a.jpg\n`)
      await form.getByRole('button', { name: 'Add to the cache' }).click()
      await page.getByRole('status').getByText('2 addresses have been added').waitFor()
      const files = page.getByRole('list', { name: 'Cached files' }).getByRole('listitem')
      const [first, late] = [files.filter({ hasText: '/a.jpg' }), files.filter({ hasText: '/late.jpg' })]
      await first.getByText('Cached').waitFor()
      await first.getByText('image/jpeg').waitFor()
      await late.getByText('answered 404').waitFor()
      const tabs = page.getByRole('navigation', { name: 'Statuses' })
      await tabs.getByRole('link', { name: /^Cached 1/ }).waitFor()
      await look(page, 'cache')
      await page.reload()
      await late.waitFor()
      await assertStill(page, 'cache')

      // Numbers lead to what they count.
      await tabs.getByRole('link', { name: /^Failed 1/ }).click()
      await page.waitForURL('**/studio/cache?status=FAILED')
      await first.waitFor({ state: 'detached' })
      assert.equal(await files.count(), 1)

      // It is there by now. The list that shows failures loses it as it happens.
      isThere = true
      await late.getByRole('button', { name: /^Retry: / }).click()
      await page.getByRole('heading', { name: 'Nothing has failed' }).waitFor()
      await tabs.getByRole('link', { name: /^Cached 2/ }).click()
      await late.getByText('Cached').waitFor()
      await page.getByText(/^2 addresses, 1 object in storage; equal files are stored once/).waitFor()

      // Everything that has failed at once, among it one that has gone for good.
      isThere = false
      await form.getByLabel('Addresses of files').fill(`${site}/late.jpg?again`)
      await form.getByLabel('Make pictures smaller').check()
      await form.getByRole('button', { name: 'Add to the cache' }).click()
      await tabs.getByRole('link', { name: /^Cached 3/ }).click()
      const smaller = files.filter({ hasText: '/late.jpg?again' })
      await smaller.getByText('image/webp').waitFor()
      await smaller.getByText('960 × 720').waitFor()
      await form.getByLabel('Addresses of files').fill('http://169.254.169.254/latest')
      await form.getByRole('button', { name: 'Add to the cache' }).click()
      await tabs.getByRole('link', { name: /^Failed 1/ }).waitFor()
      await page.getByRole('button', { name: 'Retry all failed' }).click()
      await page.getByRole('status').getByText('1 file is fetched once more').waitFor()

      // What is looked for stays in the address.
      await tabs.getByRole('link', { name: /^All 4/ }).click()
      await page.getByRole('searchbox', { name: 'Search addresses' }).fill('LATE.J')
      await page.waitForURL('**/studio/cache?text=LATE.J')
      await first.waitFor({ state: 'detached' })
      assert.equal(await files.count(), 2)
      await page.getByRole('searchbox', { name: 'Search addresses' }).fill('')
      await first.waitFor()

      // Opened where it is stored.
      const [opened] = await Promise.all([
        page.context().waitForEvent('page'),
        first.getByRole('button', { name: /^Open / }).click(),
      ])
      await opened.waitForURL((url) => url.origin !== site && url.protocol === 'http:')
      assert.equal(await opened.evaluate(() => document.contentType), 'image/jpeg')
      await opened.close()

      // One is given up, after a question.
      await smaller.getByRole('button', { name: /^Delete / }).click()
      const question = page.getByRole('dialog', { name: 'Delete this file from the cache?' })
      await question.getByRole('button', { name: 'Delete' }).click()
      await smaller.waitFor({ state: 'detached' })
      await tabs.getByRole('link', { name: /^Cached 2/ }).waitFor()

      // Cleaning up says first what would go.
      await page.getByRole('button', { name: 'Clean up' }).click()
      const days = page.getByRole('form', { name: 'Clean up' })
      await days.getByRole('button', { name: 'Show what would go' }).click()
      await days.getByText('nothing to remove').waitFor()
      await look(page, 'cache-clean-up')
      sign('age')
      await given('aged')
      await days.getByLabel('Days').fill('20')
      await days.getByRole('button', { name: 'Show what would go' }).click()
      const removal = page.getByRole('dialog', { name: 'Remove 3 files?' })
      await removal.getByText('Nobody has asked for them in 20 days.').waitFor()
      await takeScreenshots(page, 'cache-dry-run')
      await removal.getByRole('button', { name: 'Keep them' }).click()
      await tabs.getByRole('link', { name: /^All 3/ }).waitFor()
      await days.getByRole('button', { name: 'Show what would go' }).click()
      await removal.getByRole('button', { name: 'Remove' }).click()
      await page.getByRole('status').getByText(/^3 files removed/).waitFor()
      await page.getByRole('heading', { name: 'Nothing cached yet' }).waitFor()
    }, Number(process.env.SITE_PORT))

    // The line that was down, the address that was none, and the icon of storage, for which the browser looks in a tab of its own.
    const unexpected = seen.errors.filter((error) => !/\b422\b|cache\.js|favicon\.ico/.test(error))
    assert.deepEqual(unexpected, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)

async function look(page, name) {
  await assertReadable(page, name)
  await takeScreenshots(page, name)
}
