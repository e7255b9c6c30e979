import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { withSite } from './page.mjs'
import { drawn, painted } from './pictures.mjs'
import { assertReadable } from './readable.mjs'
import { takeScreenshots } from './screenshots.mjs'
import { assertStill } from './still.mjs'

const TIMEOUT_MS = 120_000

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'SITE_PORT', 'CLIP')
if (skip) console.log(skip)

test('a person imports the episodes of a movie and sees them arrive', { skip }, () =>
  withBrowser(async (page, seen) => {
    page.setDefaultTimeout(TIMEOUT_MS)
    const pictures = await Promise.all([10, 100, 220, 300].map((hue) => drawn(page, { hue, width: 960, height: 540 })))
    const clip = readFileSync(process.env.CLIP)
    // The third waits until the page has shown that something is on its way.
    let isThere = false
    let goOn
    const mayGoOn = new Promise((resolve) => (goOn = resolve))
    const answer = async ({ url }, response) => {
      if (url.endsWith('.mp4')) return response.writeHead(200, { 'content-type': 'video/mp4' }).end(clip)
      if (url === '/4.jpg' && !isThere) return response.writeHead(404).end()
      if (url === '/3.jpg') await mayGoOn
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end(pictures[Number(url[1]) - 1])
    }
    await withSite(answer, async (port) => {
      const site = `http://127.0.0.1:${port}`
      await page.getByRole('link', { name: 'Movies' }).click()
      await page.getByRole('heading', { name: 'No movies yet' }).waitFor()
      await look(page, 'movies-empty')
      await page.getByLabel('Title').fill('The long way home')
      await page.getByRole('button', { name: 'Create' }).click()
      await page.waitForURL('**/studio/movies/*')
      await page.getByRole('heading', { name: 'The long way home' }).waitFor()
      await look(page, 'movie-empty')

      // What is wrong is named with its field, and stays in the form.
      const form = page.getByRole('region', { name: 'Import episodes' })
      const importText = async (text) => {
        await form.getByLabel('Episodes as JSON').fill(text)
        await form.getByRole('button', { name: 'Import', exact: true }).click()
      }
      await importText('[{ "episodeNumber": 1 ')
      await form.getByRole('alert').getByText('This is not JSON').waitFor()
      await importText('[{ "episodeNumber": "one" }]')
      await form.getByRole('alert').getByText('[0].episodeNumber').waitFor()
      await importText('[{ "episodeNumber": 1, "thumbnailUrl": "nowhere" }]')
      await form.getByRole('alert').getByText('[0].thumbnailUrl').waitFor()

      await importText(JSON.stringify([
        { episodeNumber: 2, title: 'Over the hills', thumbnailUrl: `${site}/2.jpg` },
        { episodeNumber: 1, title: 'How it began', thumbnailUrl: `${site}/1.jpg`, videoPreviewUrl: `${site}/1.mp4`, videoUrl: `${site}/whole.mp4` },
        { episodeNumber: 3, thumbnailUrl: `${site}/3.jpg` },
        { episodeNumber: 4, title: 'One that is missing', thumbnailUrl: `${site}/4.jpg` },
      ]))
      await page.getByRole('status').getByText('4 episodes are imported').waitFor()
      const episodes = page.getByRole('list', { name: 'Episodes' }).getByRole('listitem')
      await episodes.nth(3).waitFor()
      const titles = (await episodes.locator('.card-title').allInnerTexts()).map((title) => title.trim())
      assert.deepEqual(titles, ['1 How it began', '2 Over the hills', '3 Episode 3', '4 One that is missing'])
      await episodes.nth(2).getByText('On its way').waitFor()
      await page.getByText('2 of 4 stored, 1 failed').waitFor()
      goOn()
      await page.getByText('3 of 4 stored, 1 failed').waitFor()
      await episodes.nth(3).getByText('answered 404').waitFor()
      await painted(page, '.card[data-state=stored] .picture img')
      await episodes.nth(0).getByRole('link', { name: 'Preview' }).waitFor()
      await look(page, 'movie')
      await page.reload()
      await painted(page, '.card[data-state=stored] .picture img')
      await assertStill(page, 'movie')

      // What has failed is brought once more, as it happens.
      isThere = true
      await page.getByRole('button', { name: 'Retry failed' }).click()
      await page.getByRole('status').getByText('1 episode is imported once more').waitFor()
      await page.getByText('4 of 4 stored').waitFor()
      await painted(page, '.card:nth-child(4) .picture img')

      // The video of an episode is one like any other.
      await episodes.nth(0).getByRole('link', { name: 'How it began', exact: true }).click()
      await page.locator('.video-head .chip-ready').waitFor()
      await page.getByRole('link', { name: 'Movies' }).click()

      const movies = page.getByRole('list', { name: 'Movies' }).getByRole('listitem')
      await movies.filter({ hasText: 'The long way home' }).getByText('4 of 4 stored').waitFor()
      await look(page, 'movies')
      await page.getByRole('searchbox', { name: 'Search movies' }).fill('short')
      await page.getByRole('heading', { name: 'No movie matches' }).waitFor()
      await page.getByRole('link', { name: 'Show every movie' }).click()
      await movies.getByRole('link', { name: 'The long way home' }).click()

      await page.getByRole('button', { name: 'Delete The long way home' }).click()
      const question = page.getByRole('dialog', { name: 'Delete this movie?' })
      await question.getByText('with 4 episodes and 1 video').waitFor()
      await question.getByRole('button', { name: 'Keep it' }).click()
      await page.getByRole('button', { name: 'Delete The long way home' }).click()
      await question.getByRole('button', { name: 'Delete' }).click()
      await page.waitForURL('**/studio/movies')
      await page.getByRole('heading', { name: 'No movies yet' }).waitFor()
    }, Number(process.env.SITE_PORT))

    // Episodes that were none.
    const unexpected = seen.errors.filter((error) => !/\b422\b/.test(error))
    assert.deepEqual(unexpected, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
  }),
)

async function look(page, name) {
  await assertReadable(page, name)
  await takeScreenshots(page, name)
}
