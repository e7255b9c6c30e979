import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 120_000
const WORDS = 'WEBVTT\n\n00:00.000 --> 00:11.000\n<i>Hallo</i> &amp; willkommen\n'

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('captions that were given are chosen in a menu, shown, and switched off again', { skip }, () =>
  withBrowser(async (page, seen) => {
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    await page.locator('.row[data-state=ready]').first().waitFor({ timeout: TIMEOUT_MS })
    const link = page.locator('.row').first().getByRole('link', { name: 'Watch' })
    const id = (await link.getAttribute('href')).split('/').at(-1)
    const put = (language) =>
      page.evaluate(
        ([address, body]) => fetch(address, { method: 'PUT', body }).then(({ status }) => status),
        [`/api/v1/videos/${id}/captions/${language}`, WORDS],
      )
    assert.deepEqual([await put('de'), await put('fr')], [201, 201])
    await link.click()
    const player = page.locator('telecine-player')
    const video = player.locator('video')
    await video.evaluate((media) => {
      media.muted = true
      return media.play()
    })
    const tracks = () =>
      video.evaluate(({ textTracks }) => [...textTracks].map(({ label, language, mode }) => `${label} ${language} ${mode}`))
    const button = player.getByRole('button', { name: 'Captions' })
    await button.waitFor({ timeout: TIMEOUT_MS })
    assert.deepEqual(await tracks(), [], 'nothing is shown before it is chosen')

    await player.hover()
    await button.click()
    assert.deepEqual(await player.getByRole('menuitemradio').filter({ visible: true }).allInnerTexts(), ['Off', 'Deutsch', 'Français'])
    await takeScreenshots(page, 'captions-menu')
    await player.getByRole('menuitemradio', { name: 'Deutsch' }).click()
    const media = await video.elementHandle()
    const frame = await media.ownerFrame()
    await frame.waitForFunction(
      ({ textTracks }) => textTracks[0]?.activeCues?.[0]?.getCueAsHTML().textContent === 'Hallo & willkommen', media, { timeout: TIMEOUT_MS },
    )
    assert.deepEqual(await tracks(), ['Deutsch de showing'])
    await takeScreenshots(page, 'captions')

    await player.hover()
    await button.click()
    await player.getByRole('menuitemradio', { name: 'Off' }).click()
    assert.deepEqual(await tracks(), [])
    await page.keyboard.press('c')
    await frame.waitForFunction(({ textTracks }) => textTracks[0]?.mode === 'showing', media, { timeout: TIMEOUT_MS })
    await page.keyboard.press('c')
    assert.deepEqual(await tracks(), [])
    assert.deepEqual(seen.errors, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)
