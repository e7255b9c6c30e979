import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipReason, withBrowser } from './browser.mjs'
import { inAll, openInAll } from './clients.mjs'
import { withPage } from './page.mjs'
import { checkPlaylists } from './playlists.mjs'

// Shares of the duration: ahead of what is loaded, back into it, and close to both ends.
const SEEKS = [0.7, 0.1, 0.5, 0.88, 0.02]
/** Of the normal speed, to be done sooner. */
const SPEED = 4

const skip = skipReason('BASE_URL', 'SIGN_IN_URL', 'VIDEOS')
if (skip) console.log(skip)

test('every player plays every video, seeks in it and comes to its end', { skip }, () =>
  withBrowser((page, seen) => withPage('clients-page.mjs', '<video></video>', async (address) => {
    const videos = JSON.parse(process.env.VIDEOS)
    assert.ok(videos.length > 0, 'there is something to play')
    for (const video of videos) {
      const { duration } = await checkPlaylists(video.playback)
      const open = () => openInAll(page.context(), address, video)
      await inAll(await open(), async (player) => {
        await player.play()
        for (const share of SEEKS) await player.seek(share * duration)
        await player.close()
      })
      // Anew, because dash.js does not fill what is missing between two places that were sought.
      await inAll(await open(), async (player) => {
        await player.play()
        await player.setSpeed(SPEED)
        const end = await player.end()
        assert.ok(Math.abs(end - duration) < 0.1, `${duration} s become ${end}`)
        await player.close()
      })
    }
    assert.deepEqual(seen.errors, [], 'errors on the console')
    assert.deepEqual(seen.outside, [], 'requests that left this machine')
    assert.deepEqual(seen.mediaFromApi, [], 'media that came through the API')
  })),
)
