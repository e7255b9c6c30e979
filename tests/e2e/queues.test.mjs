import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { takeScreenshots } from './screenshots.mjs'

// Transcoding on a busy machine of two cores.
const TIMEOUT_MS = 300_000
const PHONE = { width: 390, height: 844 }
const QUEUE = 'video-processing'

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP', 'BROKEN_CLIP')
if (skip) console.log(skip)

test('a person finds out why a job failed and runs it again', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.locator('input[type=file]').setInputFiles([process.env.BROKEN_CLIP, process.env.CLIP])
    const broken = page.locator('.row[data-state=failed]')
    await broken.waitFor()
    const reason = await broken.locator('.row-error').innerText()
    await page.locator('.row[data-state=ready]').waitFor()

    // The failure is above all queues, and its number leads to it.
    await page.getByRole('link', { name: 'Queues' }).click()
    await page.getByRole('region', { name: 'Newest failures' }).getByRole('link', { name: reason }).waitFor()
    const row = page.getByRole('row', { name: QUEUE })
    await lookAt(page, 'queues')
    await row.getByRole('link', { name: '1 failed' }).click()
    await page.waitForURL(`**/studio/queues/${QUEUE}?state=failed`)
    const jobs = page.getByRole('list', { name: 'Jobs' }).getByRole('listitem')
    await jobs.first().waitFor()
    assert.equal(await jobs.count(), 1)
    await lookAt(page, 'queue-failed')

    // What is looked for stays in the address.
    const search = page.getByRole('searchbox', { name: 'Search jobs' })
    await search.fill('nothing of this kind')
    await page.getByRole('heading', { name: 'No job matches' }).waitFor()
    await lookAt(page, 'queue-nothing')
    await search.fill(reason.slice(0, 12))
    await page.waitForURL((url) => url.searchParams.get('text') === reason.slice(0, 12).trim())
    await page.reload()
    await jobs.first().waitFor()
    assert.equal(await search.inputValue(), reason.slice(0, 12).trim())
    assert.equal(new URL(page.url()).searchParams.get('state'), 'failed')

    // Why it failed, and that it does so again.
    await jobs.first().getByRole('link', { name: /^process-video-/ }).click()
    const failure = page.getByRole('region', { name: 'This job has failed' })
    await failure.getByText(reason).waitFor()
    const jobUrl = page.url()
    const id = decodeURIComponent(new URL(jobUrl).pathname.split('/').at(-1))
    const video = page.getByRole('definition').getByRole('link').last()
    assert.equal(await video.getAttribute('href'), `/studio/videos/${id.replace('process-video-', '')}`)
    const attempts = page.getByRole('region', { name: 'Attempts that failed' }).locator('tbody tr')
    assert.equal(await attempts.count(), 1)
    await lookAt(page, 'job-failed')
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('1 job waits again').waitFor()
    await attempts.nth(1).waitFor()
    await failure.waitFor()

    // In a paused queue a job that is tried again waits. What is refused is a sentence, and the page stays.
    await page.getByRole('link', { name: QUEUE }).first().click()
    await page.getByRole('button', { name: `Pause ${QUEUE}` }).click()
    await page.getByRole('heading', { name: /Paused/ }).waitFor()
    await page.goto(jobUrl)
    await page.getByRole('button', { name: 'Retry' }).waitFor()
    await page.evaluate(async (path) => {
      const retry = [...document.querySelectorAll('button')].find(({ innerText }) => innerText.trim() === 'Retry')
      await fetch(path, { method: 'POST' })
      retry.click()
    }, `/api/v1/jobs/${encodeURIComponent(id)}/retry`)
    await page.getByText('is waiting; only one that is failed can be tried again').waitFor()
    await page.getByText('The queue is paused').waitFor()
    await lookAt(page, 'job-waiting')
    await page.goto(new URL(`/studio/queues/${QUEUE}?state=waiting`, jobUrl).href)
    await jobs.first().waitFor()
    await page.getByRole('button', { name: `Resume ${QUEUE}` }).click()
    await page.getByRole('heading', { name: 'Nothing waits' }).waitFor()
    await lookAt(page, 'queue-empty')

    // All that match, also those that are on no page.
    await page.getByRole('link', { name: /^Failed 1/ }).click()
    await page.getByRole('searchbox', { name: 'Search jobs' }).fill(id)
    await page.getByRole('button', { name: 'Retry all matching' }).click()
    await page.getByText('1 job waits again').waitFor()
    await page.getByRole('link', { name: /^Failed 1/ }).waitFor()

    // What cannot be undone is asked about.
    await page.getByRole('link', { name: /^Completed 1/ }).click()
    await page.getByRole('button', { name: 'Clear finished' }).click()
    const question = page.getByRole('dialog', { name: `Clear finished jobs of ${QUEUE}?` })
    await question.waitFor()
    await lookAt(page, 'queue-clear')
    await question.getByRole('button', { name: 'Keep them' }).click()
    await question.waitFor({ state: 'detached' })
    await page.getByRole('link', { name: /^Completed 1/ }).waitFor()
    await page.getByRole('button', { name: 'Clear finished' }).click()
    await question.getByRole('button', { name: 'Clear', exact: true }).click()
    await page.getByText('1 job was removed').waitFor()
    await page.getByRole('link', { name: /^Completed 0/ }).waitFor()

    await page.getByRole('link', { name: /^Failed 1/ }).click()
    await page.getByRole('checkbox', { name: `Select ${id}` }).check()
    const bar = page.getByRole('toolbar', { name: 'Selected jobs' })
    await lookAt(page, 'queue-selected')
    await bar.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog', { name: 'Remove this job?' }).getByRole('button', { name: 'Remove it' }).click()
    await page.getByText('1 job is removed').waitFor()
    await page.getByRole('link', { name: /^Failed 0/ }).waitFor()
    await page.goto(jobUrl)
    await page.getByRole('heading', { name: 'This job is not there' }).waitFor()

    // With no failure left nothing stands above the queues.
    await page.getByRole('link', { name: 'Queues' }).last().click()
    await row.waitFor()
    assert.equal(await page.getByRole('region', { name: 'Newest failures' }).count(), 0)
    await page.getByRole('link', { name: 'Schedules' }).click()
    await page.getByText('every day at 02:00, UTC').waitFor()
    await lookAt(page, 'schedules')

    // The second try of a job that waits, and the job that was removed.
    const unexpected = seen.errors.filter((error) => !/\b(404|409)\b/.test(error))
    assert.deepEqual(unexpected, [], 'errors on the console')
  }),
)

test('jobs that a person has chosen run again, and the others do not', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const buffer = readFileSync(process.env.BROKEN_CLIP)
    const files = ['one.mp4', 'two.mp4', 'three.mp4'].map((name) => ({ name, mimeType: 'video/mp4', buffer }))
    await page.locator('input[type=file]').setInputFiles(files)
    await page.locator('.row[data-state=failed]').nth(2).waitFor()

    await page.goto(new URL(`/studio/queues/${QUEUE}?state=failed`, process.env.BASE_URL).href)
    const jobs = page.locator('.job-row[data-state=failed]')
    await jobs.nth(2).waitFor()
    const ids = await jobs.locator('a.job-id').allInnerTexts()
    const chosen = ids.slice(0, 2)
    for (const id of chosen) await page.getByRole('checkbox', { name: `Select ${id}` }).check()
    const bar = page.getByRole('toolbar', { name: 'Selected jobs' })
    await bar.getByText('2 selected').waitFor()
    await bar.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('2 jobs wait again').waitFor()
    await bar.waitFor({ state: 'detached' })

    // Nothing about the files has changed, so they fail once more.
    for (const id of ids) {
      await page.goto(new URL(`/studio/jobs/${id}`, process.env.BASE_URL).href)
      const attempts = page.getByRole('region', { name: 'Attempts that failed' }).locator('tbody tr')
      if (chosen.includes(id)) await attempts.nth(1).waitFor()
      await page.getByRole('region', { name: 'This job has failed' }).waitFor()
      assert.equal(await attempts.count(), chosen.includes(id) ? 2 : 1, id)
    }
    assert.deepEqual(seen.errors, [], 'errors on the console')
  }),
)

/** Takes pictures, and makes sure that on a phone the page does not scroll sideways. */
async function lookAt(page, name) {
  const wide = page.viewportSize()
  await page.setViewportSize(PHONE)
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(width <= PHONE.width, `${name} is ${width} pixels wide on a screen of ${PHONE.width}`)
  await page.setViewportSize(wide)
  await takeScreenshots(page, name)
}
