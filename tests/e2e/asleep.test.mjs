import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pidOf, skipReason, withBrowser, withProfile } from './browser.mjs'
import { lasting, whileAsleep } from './sleep.mjs'
import { withBreakingLine } from './slow-line.mjs'

const TIMEOUT_MS = 300_000
const ALL = Array.from({ length: 12 }, (_, index) => index + 1)

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'BIG_CLIP')
if (skip) console.log(skip)

test('an upload on a machine that sleeps until its addresses have expired goes on by itself and sends no part twice', { skip }, () =>
  onSleepingMachine(async ({ page, pid, line, api, opened }) => {
    line.letThrough(3)
    await page.getByLabel('Files to upload').setInputFiles(process.env.BIG_CLIP)
    const [address] = await line.untilHeld(3)
    const arrived = line.answers.filter(({ status }) => status === 200)
    assert.equal(arrived.length, 3)

    await whileAsleep(pid, async () => {
      line.breakOff()
      line.letThrough(Infinity)
      // Addresses live as long here as an upload that rests; this one lives on, as it would for an hour.
      await lasting(async () => {
        assert.equal((await api('POST', `/uploads/${opened[0]}/parts`, { numbers: [12] })).status, 200)
        return hasExpired(address)
      })
    })
    await page.locator('.row[data-state=ready]').waitFor()
    const refused = line.answers.filter(({ status }) => status === 403)
    assert.ok(refused.length > 0, 'storage has refused an address')
    const all = line.answers.filter(({ status }) => status === 200)
    assert.deepEqual(all.map(({ number }) => number).sort((a, b) => a - b), ALL, 'every part has arrived once')
    assert.equal(new Set(all.map(({ upload }) => upload)).size, 1)
  }),
)

test('an upload on a machine that sleeps until it has expired begins anew by itself', { skip }, () =>
  onSleepingMachine(async ({ page, pid, line, api, opened }) => {
    line.letThrough(3)
    await page.getByLabel('Files to upload').setInputFiles(process.env.BIG_CLIP)
    await line.untilHeld(3)
    const [before] = line.answers

    await whileAsleep(pid, async () => {
      line.breakOff()
      line.letThrough(Infinity)
      await lasting(async () => (await (await api('GET', `/uploads/${opened[0]}`)).json()).status === 'expired')
    })
    await page.locator('.row[data-state=ready]').waitFor()
    const anew = line.answers.filter(({ upload, status }) => status === 200 && upload !== before.upload)
    assert.deepEqual(anew.map(({ number }) => number).sort((a, b) => a - b), ALL)
  }),
)

/** Runs `use` with a page, the process of its browser, the line between it and everything else, and a way to the API that does not sleep. */
function onSleepingMachine(use) {
  return withBreakingLine((line) => withProfile((profile) => withBrowser(async (page) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const opened = []
    page.on('response', async (response) => {
      const isOpening = response.request().method() === 'POST' && response.url().endsWith('/uploads')
      if (isOpening) opened.push((await response.json()).id)
    })
    const api = (method, path, body) => fetch(`${process.env.BASE_URL}/api/v1${path}`, {
      method,
      headers: { cookie, origin: process.env.BASE_URL, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    })
    await use({ page, pid: pidOf(profile), line, api, opened })
  }, { args: line.args, profile })))
}

/** Whether a presigned address has expired. */
function hasExpired(address) {
  const { searchParams } = new URL(address)
  const signed = searchParams.get('X-Amz-Date').replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:')
  return Date.now() > Date.parse(signed) + 1000 * (Number(searchParams.get('X-Amz-Expires')) + 1)
}
