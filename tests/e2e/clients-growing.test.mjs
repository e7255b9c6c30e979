import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { skipReason, withBrowser } from './browser.mjs'
import { inAll, openInAll } from './clients.mjs'
import { tellEncoders } from './encoders.mjs'
import { withPage } from './page.mjs'
import { checkPlaylists } from './playlists.mjs'

const TIMEOUT_MS = 120_000
const LOOK_EVERY_MS = 200

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'VIDEOS', 'ENCODERS', 'LISTED_S')
if (skip) console.log(skip)

test('every player starts while the video is made, at its beginning, and comes to its end', { skip }, () =>
  withBrowser((page, seen) => withPage('clients-page.mjs', '<video></video>', async (address) => {
    const [{ id, name }] = JSON.parse(process.env.VIDEOS)
    const video = async () => (await page.request.get(new URL(`/api/v1/videos/${id}`, process.env.BASE_URL).href)).json()
    const tell = (word) => tellEncoders(process.env.ENCODERS, word)

    // The first rendition is begun only now that there is a browser. Whoever takes a growing video for a broadcast begins
    // near its end; that shows when more of it is listed than a player wants to stay behind.
    await until(async () => {
      tell('begin')
      return (await video()).playable
    })
    const { playback } = await video()
    const manifest = async () => (await fetch(playback.manifest)).json()
    await until(async () => listedEnd(await manifest()) >= Number(process.env.LISTED_S))
    const early = await checkPlaylists(playback)
    const players = await openInAll(page.context(), address, { id, name, playback })
    await inAll(players, (player) => player.play())
    assert.ok(isGrowing(await manifest()), 'all of them play before the first rendition is whole')
    await inAll(players, async (player) => {
      const { played } = await player.state()
      assert.ok(played[0][0] < 0.5, `it begins at the beginning: ${JSON.stringify(played)}`)
      // Beyond what was listed at the beginning.
      await player.setSpeed(2)
      await player.holds(([media, listed]) => media.currentTime > listed, listedEnd(early))
    })

    await until(async () => {
      tell('go')
      return (await video()).status !== 'processing'
    })
    const { status } = await video()
    assert.equal(status, 'ready')
    const { duration } = await checkPlaylists(playback)
    await inAll(players, async (player) => {
      await player.setSpeed(4)
      const end = await player.end()
      assert.ok(Math.abs(end - duration) < 0.2, `${duration} s become ${end}`)
    })
    assert.deepEqual(seen.errors, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
    assert.deepEqual(seen.mediaFromApi, [], 'media that came through the API')
  })),
)

const renditions = ({ video, audio }) => [...video, ...audio]
/** Whether no rendition is whole; those that are do not say so. */
const isGrowing = (manifest) => renditions(manifest).every(({ complete }) => complete === false)
/** The second up to which everything is listed. */
const listedEnd = (manifest) =>
  Math.min(...renditions(manifest).map(({ segments }) => segments.at(-1)).map(({ start, duration }) => start + duration))

/** Looks again and again until the condition holds. */
async function until(condition) {
  for (const begun = Date.now(); !(await condition()); await pause(LOOK_EVERY_MS))
    assert.ok(Date.now() - begun < TIMEOUT_MS, `never came true: ${condition}`)
}
