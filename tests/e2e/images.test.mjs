import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { dropFiles } from './drop.mjs'
import { drawn, painted } from './pictures.mjs'
import { assertReadable } from './readable.mjs'
import { takeScreenshots } from './screenshots.mjs'
import { assertStill } from './still.mjs'

const TIMEOUT_MS = 120_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL')
if (skip) console.log(skip)

test('a person uploads pictures, sees them, and hands on their addresses', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const scripts = []
    page.on('response', (response) => scripts.push(new URL(response.url()).pathname))
    await page.goto(new URL('/', process.env.BASE_URL).href)
    await page.getByRole('link', { name: 'Images' }).waitFor()
    assert.ok(!scripts.includes('/assets/images.js'), 'the room comes when somebody enters it')
    await page.getByRole('link', { name: 'Images' }).click()
    await page.getByRole('heading', { name: 'No images yet' }).waitFor()
    assert.ok(scripts.includes('/assets/images.js'))
    await look(page, 'images-empty')

    // Several at once, one of them no picture at all, and one that only says so.
    const input = page.getByLabel('Pictures to upload')
    await input.setInputFiles([
      { name: 'beach.jpg', mimeType: 'image/jpeg', buffer: await drawn(page, { hue: 190 }) },
      { name: 'portrait of a hill.png', mimeType: 'image/png', buffer: await drawn(page, { hue: 20, width: 700, height: 1000, type: 'image/png' }) },
      { name: 'wide.webp', mimeType: 'image/webp', buffer: await drawn(page, { hue: 280, width: 2000, height: 700, type: 'image/webp' }) },
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') },
      { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture at all') },
    ])
    const refused = page.getByRole('list', { name: 'Uploads' }).getByRole('listitem')
    await refused.getByText('media_type_not_allowed').waitFor()
    const images = page.getByRole('list', { name: 'Images' }).getByRole('listitem')
    await page.locator('.card[data-state=ready]').nth(2).waitFor()
    await page.locator('.card[data-state=failed]').getByText('The file is not an image.').waitFor()
    assert.equal(await images.count(), 4, 'what was refused is no image')
    assert.equal(await refused.count(), 1)
    await painted(page, '.card[data-state=ready] .picture img:not(.far)')
    await look(page, 'images')
    await page.getByRole('button', { name: 'Remove from this list: notes.txt' }).click()
    await refused.waitFor({ state: 'detached' })
    await page.reload()
    await painted(page, '.card[data-state=ready] .picture img:not(.far)')
    await assertStill(page, 'images')

    // By dropping, anywhere on the page.
    const folder = mkdtempSync(join(tmpdir(), 'telecine-e2e-'))
    const file = join(folder, 'dropped.jpg')
    writeFileSync(file, await drawn(page, { hue: 120 }))
    await dropFiles(page, page.locator('main'), [file])
    await page.getByRole('status').getByText('1 image has been uploaded').waitFor()
    await page.locator('.card[data-state=ready]', { hasText: 'dropped' }).waitFor()
    rmSync(folder, { recursive: true })

    // What is looked for stays in the address.
    await page.getByLabel('Status').selectOption('failed')
    await page.waitForURL('**/studio/images?status=failed')
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1)
    await page.getByLabel('Status').selectOption('')
    await page.getByRole('searchbox', { name: 'Search images' }).fill('HILL')
    await page.waitForURL('**/studio/images?text=HILL')
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1)
    await page.reload()
    await page.getByRole('link', { name: 'portrait of a hill' }).waitFor()
    await page.getByRole('searchbox', { name: 'Search images' }).fill('nothing of this kind')
    await page.getByRole('heading', { name: 'No image matches' }).waitFor()
    await page.getByRole('link', { name: 'Show every image' }).click()

    // A page with what came in, what was made of it, and where that is.
    await page.getByRole('link', { name: 'beach' }).click()
    await page.waitForURL('**/studio/images/*')
    await painted(page, '.image-stage img:not(.far)')
    const source = page.getByRole('region', { name: 'Source' })
    assert.match(await source.innerText(), /JPEG[\s\S]*1600 × 1200/)
    const variants = page.getByRole('list', { name: 'Variants' }).getByRole('listitem')
    assert.equal(await variants.count(), 3)
    assert.match(await variants.filter({ hasText: 'thumbnail' }).innerText(), /240 × 180[\s\S]*% smaller/)
    const address = await page.getByLabel('Address of thumbnail', { exact: true }).inputValue()
    const picture = await page.request.get(address, { headers: { accept: 'image/webp,*/*' } })
    assert.deepEqual([picture.status(), picture.headers()['content-type']], [200, 'image/webp'])
    await look(page, 'image')

    // Another size, live; what is none is refused with the reason.
    const form = page.getByRole('form', { name: 'Add a variant' })
    await form.getByLabel('Name').fill('Square!')
    await form.getByLabel('Width').fill('96')
    await form.getByLabel('Height').fill('96')
    await form.getByRole('button', { name: 'Add variant' }).click()
    await form.getByRole('alert').waitFor()
    await form.getByLabel('Name').fill('square')
    await form.getByRole('button', { name: 'Add variant' }).click()
    await variants.filter({ hasText: 'square' }).getByText('96 × 72').waitFor()
    await page.locator('.video-head .chip-ready').waitFor()

    // What cannot be undone is asked about.
    await page.getByRole('button', { name: 'Delete beach' }).click()
    const question = page.getByRole('dialog', { name: 'Delete this image?' })
    await question.getByText('with its 4 variants').waitFor()
    await takeScreenshots(page, 'image-delete')
    await question.getByRole('button', { name: 'Keep it' }).click()
    const url = page.url()
    await page.getByRole('button', { name: 'Delete beach' }).click()
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL('**/studio/images')
    await page.getByRole('link', { name: 'dropped' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'beach' }).count(), 0)
    await page.goto(url)
    await page.getByRole('heading', { name: 'This image is not there' }).waitFor()

    // Why one came to nothing, and what to do.
    await page.getByRole('link', { name: 'Images' }).first().click()
    await page.getByRole('link', { name: 'broken' }).click()
    await page.getByRole('region', { name: 'No variants could be made' }).getByText('not_an_image').waitFor()
    await look(page, 'image-failed')
    await page.getByRole('link', { name: 'Show the job' }).click()
    await page.getByRole('list', { name: 'Jobs' }).getByRole('link', { name: /^process-image-/ }).waitFor()

    assert.deepEqual(seen.mediaFromApi, [], 'pictures come from storage')
    // The file that was refused, the size that was none, and the image that was deleted.
    const unexpected = seen.errors.filter((error) => !/\b(404|415|422)\b/.test(error))
    assert.deepEqual(unexpected, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)

async function look(page, name) {
  await assertReadable(page, name)
  await takeScreenshots(page, name)
}
