import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP', 'BROKEN_CLIP')
if (skip) console.log(skip)

test('a library is filtered and sorted, tells what becomes of its videos by one stream, and says why one failed', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.goto(new URL('/studio', process.env.BASE_URL).href)
    await page.getByText('Nothing here yet').waitFor()
    await page.goto(process.env.BASE_URL)
    await page.getByLabel('Files to upload').setInputFiles([process.env.CLIP, process.env.BROKEN_CLIP])
    await page.getByRole('link', { name: 'Watch' }).waitFor()

    // Another tab tells by itself how it goes on.
    const other = page
    page = await page.context().newPage()
    const streams = watchStreams(page)
    await page.goto(new URL('/studio', process.env.BASE_URL).href)
    const ready = page.locator('.card[data-state=ready]')
    const failed = page.locator('.card[data-state=failed]')
    await page.locator('.card').getByRole('progressbar').first().waitFor()
    await ready.waitFor()
    await failed.waitFor()
    await other.close()
    page.setDefaultTimeout(TIMEOUT_MS)
    assert.equal(streams.most(), 1, 'one stream a tab')

    const newest = await page.locator('.card-title').allInnerTexts()
    const shown = (titles) => page.waitForFunction((titles) => {
      const all = [...document.querySelectorAll('.card-title')].map(({ innerText }) => innerText)
      return all.join() === titles.join()
    }, titles)
    const [clip, broken] = [await ready.locator('.card-title').innerText(), await failed.locator('.card-title').innerText()]
    await page.getByLabel('Order').selectOption('title')
    await shown([clip, broken].sort())
    await page.getByLabel('Order').selectOption('oldest')
    await shown([...newest].reverse())
    await page.getByLabel('Status').selectOption('failed')
    await shown([broken])
    await page.getByLabel('Status').selectOption('ready')
    await shown([clip])
    assert.deepEqual([...new URL(page.url()).searchParams], [['status', 'ready'], ['sort', 'oldest']])
    await page.getByRole('button', { name: 'List' }).click()
    await page.locator('.video-row[data-state=ready]').waitFor()
    await page.getByLabel('Status').selectOption('')

    // Why it failed: a code, a sentence that says what to do, and what the tool said.
    await page.getByRole('link', { name: broken }).click()
    const failure = page.locator('.failure')
    assert.match(await failure.locator('code').innerText(), /^[a-z]+(_[a-z]+)*$/)
    assert.ok((await failure.locator('p').first().innerText()).length > 20)
    await failure.getByText('What the tool said last').click()
    assert.ok((await failure.locator('pre').innerText()).trim().length > 0)
    await failure.getByRole('button', { name: 'Process again' }).click()
    await page.locator('.chip-processing').waitFor()
    await failure.waitFor()
    await page.goBack()

    // What there is of the other, and another name for it.
    await page.getByRole('link', { name: clip }).click()
    const renditions = page.getByRole('region', { name: 'Facts' }).getByRole('table')
    await renditions.waitFor()
    const rows = await renditions.locator('tbody tr').allInnerTexts()
    assert.ok(rows.length > 1 && rows.every((row) => /\d (k|M)bit\/s\s+[\d.]+ (B|kB|MB)$/.test(row)), rows.join('; '))
    assert.match(await page.getByLabel('Embed', { exact: true }).inputValue(), /^<iframe src="http/)
    await page.getByRole('button', { name: 'Change the title' }).click()
    await page.getByLabel('Title').fill('A rabbit')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'A rabbit' }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'A rabbit' }).waitFor()
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

// After the test above, which has brought the video.
test('jobs are told as they are: those that wait for each other, what ends, and what waits for its time', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const streams = watchStreams(page)
    await page.goto(new URL('/studio', process.env.BASE_URL).href)
    const id = (await page.getByRole('link', { name: 'A rabbit' }).getAttribute('href')).split('/').at(-1)
    const post = (path, body) => page.evaluate(
      async ([path, body]) => (await fetch(`/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json(),
      [path, body],
    )

    // What ends while somebody looks makes a line.
    await page.goto(new URL('/studio/queues/video-processing', process.env.BASE_URL).href)
    await page.getByText('0 ended in the last').waitFor({ state: 'attached' })
    await post(`/videos/${id}/reprocess`, {})
    await page.locator('.sparkline polyline').waitFor({ state: 'attached' })

    const jobs = page.getByRole('list', { name: 'Jobs' }).getByRole('listitem')
    await jobs.getByRole('link', { name: `process-video-${id}` }).first().click()
    await page.getByRole('heading', { name: /^process-video-/ }).waitFor()
    const tree = page.getByRole('region', { name: 'Jobs that wait for each other' })
    await tree.getByText('this job').waitFor()
    await takeScreenshots(page, 'job-tree')
    await tree.getByRole('link', { name: /^encode-video-/ }).click()
    await page.getByRole('heading', { name: /^encode-video-/ }).waitFor()

    // An upload that nobody sends waits to be removed; it can be looked after at once, and be cancelled.
    const { video_id } = await post('/uploads', { filename: 'film.mp4', size: 1000, content_type: 'video/mp4' })
    await page.goto(new URL(`/studio/jobs/expire-upload-${video_id}`, process.env.BASE_URL).href)
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByText('1 job is due').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('dialog', { name: 'Cancel this job?' }).getByRole('button', { name: 'Cancel it' }).click()
    await page.getByText('1 job is cancelled').waitFor()
    await page.getByRole('button', { name: 'Retry' }).waitFor()

    // A tab that nobody looks at asks nothing, and one that is looked at again knows all.
    assert.equal(streams.now(), 1)
    await hide(page, true)
    await streams.until(0)
    await hide(page, false)
    await streams.until(1)
    assert.equal(streams.most(), 1)
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

/** How many streams of news the tab has open, and had at most. */
function watchStreams(page) {
  const open = new Set()
  const listeners = new Set()
  let most = 0
  const tell = () => listeners.forEach((look) => look())
  const begun = (request) => {
    if (new URL(request.url()).pathname !== '/api/v1/events') return
    open.add(request)
    most = Math.max(most, open.size)
    tell()
  }
  const ended = (request) => open.delete(request) && tell()
  page.on('request', begun)
  page.on('requestfinished', ended)
  page.on('requestfailed', ended)
  return {
    now: () => open.size,
    most: () => most,
    until: (count) => new Promise((resolve) => {
      const look = () => open.size === count && (listeners.delete(look), resolve())
      listeners.add(look)
      look()
    }),
  }
}

/** Tabs of a browser without a window are never hidden by themselves. */
function hide(page, isHidden) {
  return page.evaluate((isHidden) => {
    Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)
}
