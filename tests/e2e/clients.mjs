// The players that our outputs must play in, and what each of them has to do.

import assert from 'node:assert/strict'

const TIMEOUT_MS = 60_000

const OURS = 'our own player'
/** Our own page, then what `clients-page.mjs` knows. */
const CLIENTS = [OURS, 'hls.js', 'shaka with HLS', 'shaka with DASH', 'dash.js']

/** Our own player forgets what was played longer ago. */
const OURS_KEEPS_BEHIND_S = 20

/** Opens the video in all clients, each in a tab of its own; `address` is the page of `clients-page.mjs`. */
export const openInAll = (context, address, video) => Promise.all(CLIENTS.map((client) => open(context, address, client, video)))

/** Does the same with all of them at once. */
export async function inAll(players, check) {
  await Promise.all(players.map(async (player) => {
    try {
      await check(player)
    } catch (cause) {
      throw new Error(`${player.name}: ${cause.message}`, { cause })
    }
  }))
}

async function open(context, address, client, { id, name, playback }) {
  const tab = await context.newPage()
  await tab.goto(client === OURS ? new URL(`/studio/videos/${id}`, process.env.BASE_URL).href : address)
  if (client !== OURS) await tab.evaluate(([client, playback]) => window.show(client, playback), [client, playback])
  const media = await tab.locator('video').elementHandle()
  await media.evaluate((media) => {
    window.endings = 0
    media.addEventListener('ended', () => window.endings++)
    media.muted = true
  })
  return new Player(`${name} in ${client}`, client === OURS, tab, media)
}

/** A client that shows a video. */
class Player {
  constructor(name, isOurs, tab, media) {
    Object.assign(this, { name, isOurs, tab, media })
  }

  close() {
    return this.tab.close()
  }

  /** Begins to play, and waits until it does. */
  async play() {
    await this.media.evaluate((media) => media.play())
    await this.holds(([media]) => media.currentTime > 0.2 && media.played.length > 0)
  }

  /** Goes to this second and waits until it plays on from there. */
  async seek(second) {
    await this.media.evaluate((media, second) => {
      window.endings = 0
      media.currentTime = second
      return media.play()
    }, second)
    await this.holds(([media, second]) => !media.seeking && media.currentTime > second + 0.2, second)
    const { currentTime } = await this.state()
    assert.ok(currentTime < second + 3, `it plays from ${second}, not ${currentTime}`)
  }

  setSpeed(rate) {
    return this.media.evaluate((media, rate) => (media.playbackRate = rate), rate)
  }

  /** Waits for the end, and looks at what is buffered of a video that has been played from its beginning. */
  async end() {
    await this.holds(([media]) => window.endings > 0 && media.ended)
    const { duration, errors, error, endings, buffered } = await this.state()
    assert.deepEqual({ errors, error, endings }, { errors: [], error: null, endings: 1 })
    const ranges = JSON.stringify(buffered)
    assert.equal(buffered.length, 1, `one range of ${duration} s: ${ranges}`)
    const [[start, end]] = buffered
    const forgets = this.isOurs && duration > OURS_KEEPS_BEHIND_S
    if (!forgets) assert.equal(start, 0, `it begins with the video: ${ranges}`)
    assert.ok(Math.abs(end - duration) < 0.1, `it ends with the video of ${duration} s: ${ranges}`)
    return duration
  }

  /** Waits until `condition([media, argument])` is true in the page; on a timeout says where the player stands. */
  async holds(condition, argument) {
    try {
      await this.tab.waitForFunction(condition, [this.media, argument], { timeout: TIMEOUT_MS })
    } catch (cause) {
      const state = JSON.stringify(await this.state())
      throw new Error(`never came true: ${condition} with ${argument}\nplayer: ${state}`, { cause })
    }
  }

  state() {
    return this.media.evaluate((media) => {
      const listed = (ranges) => Array.from({ length: ranges.length }, (_, i) => [ranges.start(i), ranges.end(i)])
      const { duration, currentTime, paused, seeking, ended, readyState } = media
      return {
        duration, currentTime, paused, seeking, ended, readyState, endings: window.endings,
        error: media.error?.message ?? null, errors: window.errors ?? [], played: listed(media.played), buffered: listed(media.buffered),
      }
    })
  }
}
