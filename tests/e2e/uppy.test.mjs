import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { apiOrigin, skipReason, withBrowser } from './browser.mjs'
import { withPage } from './page.mjs'

// Uppy's own: one form up to 100 MiB, above it parts of 5 MiB.
const FORM_MAX_BYTES = 100 * 1024 * 1024
const PART_BYTES = 5 * 1024 * 1024
const READY_TIMEOUT_MS = 300_000

const clip = process.env.BIG_CLIP ?? process.env.CLIP
const skip = skipReason('BASE_URL', 'SIGN_IN_URL', process.env.BIG_CLIP ? 'BIG_CLIP' : 'CLIP')
if (skip) console.log(skip)

test('Uppy, unchanged and on a page of another origin, brings a file that becomes a video', { skip }, () =>
  withBrowser((page, seen) => withPage('uppy-page.mjs', '<input type="file">', async (address) => {
    const { companion_endpoint: endpoint } = await page.evaluate(async () => {
      const answer = await fetch('/api/v1/upload-tokens', { method: 'POST' })
      return answer.json()
    })
    const elsewhere = await page.context().newPage()
    const sent = []
    elsewhere.on('request', (request) => {
      const { origin } = new URL(request.url())
      if (['PUT', 'POST'].includes(request.method()) && origin !== apiOrigin) sent.push(request.method())
    })
    await elsewhere.goto(address)
    await elsewhere.locator('input').setInputFiles(clip)
    const { uploaded, failed } = await elsewhere.evaluate((endpoint) => window.upload(endpoint), endpoint)
    assert.deepEqual(failed, [], 'files that Uppy gave up')
    const size = statSync(clip).size
    const expected = size > FORM_MAX_BYTES ? Array(Math.ceil(size / PART_BYTES)).fill('PUT') : ['POST']
    assert.deepEqual(sent, expected, 'what went to storage')

    const [, id] = uploaded[0].key.match(/^videos\/(.+)\/source$/)
    assert.ok(uploaded[0].location.endsWith(uploaded[0].key), uploaded[0].location)
    const video = await finished(page, id)
    assert.equal(video.status, 'ready', JSON.stringify(video))
    assert.equal(video.title, 'From Uppy')
    assert.deepEqual(seen.errors, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  })),
)

/** The video once it is ready or failed, as the signed-in page sees it. */
function finished(page, id) {
  return page.evaluate(async ({ id, timeoutMs }) => {
    for (const begun = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 250))) {
      const video = await (await fetch(`/api/v1/videos/${id}`)).json()
      if (['ready', 'failed'].includes(video.status) || Date.now() - begun > timeoutMs) return video
    }
  }, { id, timeoutMs: READY_TIMEOUT_MS })
}
