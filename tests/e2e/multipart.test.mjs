import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'

const SINGLE_PUT_MAX_BYTES = 100_000_000
const UPLOAD_TIMEOUT_MS = 300_000
const FAILING_PART = 2
const EXPIRED_PART = 5

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'BIG_CLIP')
if (skip) console.log(skip)

test('a large file goes up in parts; one that fails once is sent again alone, one whose address has expired to a new one', { skip }, () =>
  withBrowser(async (page, seen) => {
    assert.ok(statSync(process.env.BIG_CLIP).size > SINGLE_PUT_MAX_BYTES, 'BIG_CLIP is above 100 MB')
    const sent = new Map()
    let underWay = 0
    let mostAtOnce = 0
    const ended = (request) => partOf(request) && underWay--
    page.on('request', (request) => {
      const part = partOf(request)
      if (!part) return
      sent.set(part, (sent.get(part) ?? 0) + 1)
      mostAtOnce = Math.max(mostAtOnce, ++underWay)
    })
    page.on('requestfinished', ended)
    page.on('requestfailed', ended)
    let hasFailed = false
    await page.route((url) => url.searchParams.get('partNumber') === String(FAILING_PART), async (route) => {
      if (hasFailed || route.request().method() !== 'PUT') return route.continue()
      hasFailed = true
      await route.fulfill({ status: 503, headers: { 'access-control-allow-origin': '*' }, body: '' })
    })
    let hasExpired = false
    await page.route((url) => url.searchParams.get('partNumber') === String(EXPIRED_PART), async (route) => {
      if (hasExpired || route.request().method() !== 'PUT') return route.continue()
      hasExpired = true
      const url = new URL(route.request().url())
      url.searchParams.set('X-Amz-Date', '20200101T000000Z')
      await route.continue({ url: url.href })
    })
    const refused = []
    page.on('response', (response) => partOf(response.request()) && response.status() === 403 && refused.push(partOf(response.request())))

    await page.locator('input[type=file]').setInputFiles(process.env.BIG_CLIP)
    const arrived = ['processing', 'ready', 'failed'].map((state) => `.row[data-state=${state}]`).join(', ')
    const row = page.locator(arrived).first()
    await row.waitFor({ timeout: UPLOAD_TIMEOUT_MS })
    assert.notEqual(await row.getAttribute('data-state'), 'failed', await row.innerText())

    assert.equal(sent.get(FAILING_PART), 2, 'the failing part was sent twice')
    assert.deepEqual(refused, [EXPIRED_PART], 'storage has refused one address')
    assert.equal(sent.get(EXPIRED_PART), 2, 'its part was sent to a new one')
    for (const [part, times] of sent) if (part !== FAILING_PART && part !== EXPIRED_PART) assert.equal(times, 1, `part ${part} was sent once`)
    assert.deepEqual([...sent.keys()].sort((a, b) => a - b), Array.from({ length: sent.size }, (_, i) => i + 1))
    assert.ok(mostAtOnce <= 3, `three lanes at most, saw ${mostAtOnce}`)
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)

/** The number of the part that a request sends, 0 for every other request. */
function partOf(request) {
  return request.method() === 'PUT' ? Number(new URL(request.url()).searchParams.get('partNumber') ?? 0) : 0
}
