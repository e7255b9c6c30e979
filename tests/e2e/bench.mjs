// The figures of the pages, one JSON object on one line: `scripts/bench web` runs it.
//
// CLIP is a video of a minute whose best rendition needs more than 1.2 Mbit/s, HUGE a file of 1 GiB that is no video.

import { skipReason, withBrowser } from './browser.mjs'
import { watchPlayback } from './playback.mjs'
import { withSlowLine } from './slow-line.mjs'

const TIMEOUT_MS = 600_000
const ROUNDS = 5
const GOOD_LINE = 5_000_000
const BAD_LINE = 1_200_000
const UPLOAD_LINE = 1_000_000_000

const missing = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP', 'HUGE')
if (missing) throw new Error(missing)

const figures = {}

await withBrowser(async (page) => {
  page.setDefaultTimeout(TIMEOUT_MS)
  await page.getByLabel('Files to upload').setInputFiles(process.env.CLIP)
  await page.locator('.row[data-state=ready]').getByRole('link', { name: 'Watch' }).click()
  await page.locator('telecine-player video').waitFor()
  const videoUrl = page.url()

  const paints = []
  const starts = []
  for (let round = 0; round < ROUNDS; round++) {
    await page.goto(process.env.BASE_URL)
    await page.locator('.card').first().waitFor()
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime))
    await page.goto(videoUrl)
    starts.push((await watchPlayback(page, { until: 'started' })).startMs)
  }
  figures.fcp_ms = median(paints)
  figures.start_ms = median(starts)

  await page.goto(process.env.BASE_URL)
  const session = await page.context().newCDPSession(page)
  let heap = 0
  const look = setInterval(async () => {
    const { usedSize } = await session.send('Runtime.getHeapUsage').catch(() => ({ usedSize: 0 }))
    heap = Math.max(heap, usedSize)
  }, 200)
  const begun = performance.now()
  await page.getByLabel('Files to upload').setInputFiles(process.env.HUGE)
  await page.locator('.row[data-state=processing], .row[data-state=failed]').first().waitFor()
  clearInterval(look)
  figures.upload_1gib_heap_mb = heap / 1e6
  figures.upload_1gib_s = (performance.now() - begun) / 1000

  await withSlowLine(UPLOAD_LINE, (line) => onSlowLine(line, videoUrl))
})

console.log(JSON.stringify(figures))

/** The same video in a browser of its own, behind a line whose speed can be set. */
async function onSlowLine(line, videoUrl) {
  await withBrowser(async (page) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    line.setRate(GOOD_LINE)
    await page.goto(videoUrl)
    const even = await watchPlayback(page, { until: 'ended' })
    figures.stalls_at_5_mbit = even.stalls.length
    const best = even.heights.at(-1)

    const isOf = (height) => (request) => new RegExp(`/v${height}/seg_`).test(request.url())
    const asksForBest = page.waitForRequest(isOf(best))
    await page.goto(videoUrl)
    const watching = watchPlayback(page, { until: 'ended' })
    await asksForBest
    line.setRate(BAD_LINE)
    const fell = performance.now()
    // The pictures that are there already are shown first; what counts is what is asked for from now on.
    await page.waitForRequest((request) => /\/v\d+\/seg_/.test(request.url()) && !isOf(best)(request), { timeout: 60_000 })
    figures.switch_down_s = (performance.now() - fell) / 1000
    figures.stalls_after_fall = (await watching).stalls.length
  }, { args: line.args })
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
