import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { withSite } from './page.mjs'
import { assertReadable } from './readable.mjs'
import { takeScreenshots } from './screenshots.mjs'

const TIMEOUT_MS = 300_000

// A frame of another site has to ask before it talks to this machine; servers that people embed from are elsewhere.
const WITHOUT_PERMISSION = '--disable-features=LocalNetworkAccessChecks'

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'CLIP')
if (skip) console.log(skip)

test('a video that is shared plays on a page of another site, for people who are not signed in', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    await page.locator('input[type=file]').setInputFiles(process.env.CLIP)
    await page.locator('.row[data-state=ready]').getByRole('link', { name: 'Watch' }).click()
    const sharing = page.getByRole('region', { name: 'Sharing' })
    const link = await sharing.getByLabel('Page', { exact: true }).inputValue()
    const watchUrl = link.split('?')[0]
    assert.match(link, /\?token=/, 'the address of a private video is signed')

    // Somebody else, who has only that address.
    await page.context().clearCookies()
    await page.goto(link)
    await plays(page.locator('telecine-player video'))
    await takeScreenshots(page, 'watch')
    assert.equal(await page.getByRole('link', { name: 'Open in the studio' }).count(), 0)
    await page.goto(watchUrl)
    await page.getByText('This video is private, or it is not there.').waitFor()
    await takeScreenshots(page, 'watch-private')

    await page.goto(process.env.SIGN_IN_URL)
    await page.goto(watchUrl)
    await page.getByRole('link', { name: 'Open in the studio' }).click()
    await sharing.getByLabel('Who may watch').selectOption('unlisted')
    await page.waitForFunction(() => !document.querySelector('.copy-field input')?.value.includes('token='))
    await takeScreenshots(page, 'sharing')
    const code = await sharing.getByLabel('Embed', { exact: true }).inputValue()

    await page.context().clearCookies()
    await onAnotherSite(code, async (address) => {
      // The addresses in the frame have expired: it gets others by itself.
      await page.route((url) => url.pathname.startsWith('/embed/'), async (route) => {
        const answer = await route.fetch()
        await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('/play/', '/play/expired-') })
      }, { times: 1 })
      await page.goto(address)
      const frame = page.frameLocator('iframe')
      await frame.locator('telecine-player:not([src*="/play/expired-"])').waitFor()
      await plays(frame.locator('telecine-player video'))
      await takeScreenshots(page, 'embed')
    })
    await page.goto(watchUrl)
    await plays(page.locator('telecine-player video'))

    await page.goto(watchUrl.replace('/watch/', '/embed/'))
    await page.locator('telecine-player video').waitFor()
    await assertReadable(page, 'embed')
    await page.goto(`${watchUrl.replace('/watch/', '/embed/')}x`)
    await page.getByText('This video is private, or it is not there.').waitFor()
    assert.deepEqual(seen.mediaFromApi, [], 'media that came through the API')
    const unexpected = seen.errors.filter((error) => !/404|401/.test(error))
    assert.deepEqual(unexpected, [], 'errors on the console')
  }, { args: [WITHOUT_PERMISSION] }),
)

async function plays(video) {
  await video.waitFor()
  await video.evaluate((media) => {
    media.muted = true
    return media.play()
  })
  await video.evaluate((media) => new Promise((resolve) => {
    const look = () => media.currentTime > 0.5 ? resolve() : media.addEventListener('timeupdate', look, { once: true })
    look()
  }))
}

/** A page that holds the embed code, served from another origin. */
function onAnotherSite(code, use) {
  const answer = (_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><title>A shop</title><link rel="icon" href="data:,"><h1>Our film</h1>${code}`)
  }
  return withSite(answer, (port) => use(`http://localhost:${port}/`))
}
