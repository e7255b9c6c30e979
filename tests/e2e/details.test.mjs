import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { painted } from './pictures.mjs'
import { takeScreenshots } from './screenshots.mjs'

// Transcoding on a busy machine of two cores.
const TIMEOUT_MS = 300_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('a person describes a video and finds it again', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    await page.locator('.row[data-state=ready]').getByRole('link', { name: 'Watch' }).click()
    // A single picture is a video too.
    const video = await page.locator('telecine-player video').elementHandle()
    await page.waitForFunction((media) => media.readyState >= 2 && media.duration < 0.1, video)

    const details = page.getByRole('region', { name: 'Details' })
    await details.getByText('No description yet.').waitFor()

    await details.getByRole('button', { name: 'Edit details' }).click()
    await takeScreenshots(page, 'details-form')
    await details.getByLabel('Description').fill('The first frame\nof all.')
    await details.getByLabel('Tags').fill('still, one frame, , still')
    await details.getByRole('button', { name: 'Save details' }).click()
    await details.getByText('of all.').waitFor()
    assert.deepEqual(await details.getByRole('listitem').allInnerTexts(), ['still', 'one frame'])
    await takeScreenshots(page, 'details')

    // What the server refuses stays in the form.
    await details.getByRole('button', { name: 'Edit details' }).click()
    await details.getByLabel('Tags').fill('x'.repeat(51))
    await details.getByRole('button', { name: 'Save details' }).click()
    await page.getByText('a tag must have 1 to 50 characters').waitFor()
    await details.getByRole('button', { name: 'Cancel' }).click()

    // One of its pictures stands for it.
    const poster = page.getByRole('region', { name: 'Poster' })
    const picture = poster.getByRole('button', { name: 'The picture at 0:00' })
    await picture.click()
    await page.getByText('The poster has been changed').waitFor()
    assert.equal(await picture.getAttribute('aria-pressed'), 'true')
    await takeScreenshots(page, 'poster')

    // Or it becomes an image of its own.
    const address = page.url()
    await poster.getByRole('button', { name: 'Make an image of it' }).click()
    await page.waitForURL('**/studio/images/*')
    await page.getByRole('list', { name: 'Variants' }).getByText('thumbnail', { exact: true }).waitFor()
    await painted(page, '.image-stage img:not(.far)')
    await page.goto(address)

    // Captions come by a form; what is no captions is refused with the reason.
    const captions = page.getByRole('region', { name: 'Captions' })
    const giveCaptions = async (name, text) => {
      await captions.getByLabel('File').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
      await captions.getByLabel('Language').fill('en')
      await captions.getByRole('button', { name: 'Add captions' }).click()
    }
    await giveCaptions('words.srt', 'no captions at all')
    await captions.getByRole('alert').waitFor()
    await giveCaptions('words.srt', '1\n00:00:00,000 --> 00:00:01,000\nHello\n')
    await captions.getByRole('link', { name: 'English' }).waitFor()
    await captions.getByRole('button', { name: 'Remove the captions English' }).click()
    await captions.getByText('None yet.').waitFor()

    // A tag leads to the videos that have it.
    await details.getByRole('link', { name: 'one frame' }).click()
    await page.waitForURL('**/studio?text=one+frame')
    const search = page.getByRole('searchbox', { name: 'Search' })
    await page.locator('.card').waitFor()
    assert.match(await page.locator('.card img').getAttribute('src'), /thumb_large_000\.webp/)
    assert.equal(await search.inputValue(), 'one frame')
    await takeScreenshots(page, 'library-search')
    await search.fill('nothing of this kind')
    await page.getByText('No video matches').waitFor()
    assert.equal(new URL(page.url()).search, '?text=nothing+of+this+kind', 'the address can be sent to others')
    await page.reload()
    await page.getByText('No video matches').waitFor()
    await takeScreenshots(page, 'library-nothing')
    await page.getByRole('button', { name: 'Show every video' }).click()
    await page.locator('.card').waitFor()
    assert.equal(new URL(page.url()).search, '')

    // Many at once: here it is one.
    await page.getByLabel('Select one_frame').check()
    const bulk = page.getByRole('toolbar', { name: 'Selected videos' })
    await bulk.getByRole('button', { name: 'Process again' }).click()
    await page.getByText('1 video is being processed again').waitFor()
    await page.locator('.card[data-state=ready]').waitFor()
    await page.getByLabel('Select one_frame').check()
    await bulk.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Nothing here yet').waitFor()

    const refused = seen.errors.filter((error) => !error.includes('422'))
    assert.deepEqual(refused, [], 'errors on the console')
  }),
)
