// Players that we have not written, each as its documentation says to set it up; bundled by clients.mjs.

import { MediaPlayer } from 'dashjs'
import Hls from 'hls.js'
import shaka from 'shaka-player'

// Little is loaded ahead, so that a seek goes to where nothing is yet; what has been played stays, so that at the end
// all of it can be looked at.
const AHEAD_S = 5
const BEHIND_S = 600

/** hls.js tells of these too: a seek gave up a request, or there was nothing to play yet. It goes on by itself. */
const NO_ERRORS = ['aborted', 'bufferStalledError']

/** What went wrong, as text. */
window.errors = []
const note = (error) => window.errors.push(JSON.stringify(error))

const clients = {
  'hls.js': (video, { hls }) => {
    const player = new Hls({ maxBufferLength: AHEAD_S, maxMaxBufferLength: AHEAD_S, backBufferLength: BEHIND_S })
    player.on(Hls.Events.ERROR, (_, { type, details, fatal, reason, response, frag, url }) => {
      if (fatal || !NO_ERRORS.includes(details)) note({ type, details, fatal, reason, status: response?.code, url: frag?.url ?? url })
    })
    player.loadSource(hls)
    player.attachMedia(video)
  },
  'shaka with HLS': (video, { hls }) => playWithShaka(video, hls),
  // In DASH nothing can tell it where to begin with what grows: unless its page does, it begins near the newest.
  'shaka with DASH': (video, { dash }) => playWithShaka(video, dash, 0),
  'dash.js': (video, { dash }) => {
    const player = MediaPlayer().create()
    // It would jump over what is missing, and nothing may be.
    const gaps = { jumpGaps: false }
    const buffer = {
      bufferTimeDefault: AHEAD_S, bufferTimeAtTopQuality: AHEAD_S, bufferTimeAtTopQualityLongForm: AHEAD_S,
      bufferToKeep: BEHIND_S,
    }
    // A browser that is at the end when the last segment is appended seeks to the end by itself. Version 5.2 takes that for somebody's
    // wish and goes back half a second, where it rests and never ends.
    player.updateSettings({ streaming: { gaps, buffer, seekDurationBackoff: 0 } })
    for (const event of [MediaPlayer.events.ERROR, MediaPlayer.events.PLAYBACK_ERROR])
      player.on(event, ({ error }) => note({ code: error?.code, message: error?.message ?? String(error) }))
    player.initialize(video, dash, false)
  },
}

async function playWithShaka(video, address, startTime) {
  shaka.polyfill.installAll()
  const player = new shaka.Player()
  player.configure({ streaming: { bufferingGoal: AHEAD_S, bufferBehind: BEHIND_S } })
  player.addEventListener('error', ({ detail: { code, severity, data } }) => note({ code, severity, data }))
  await player.attach(video)
  await player.load(address, startTime)
}

/** Has the client show what is at the addresses in the page's video element. */
window.show = async (client, addresses) => {
  const video = document.querySelector('video')
  video.addEventListener('error', () => note({ element: video.error.message }))
  try {
    await clients[client](video, addresses)
  } catch (error) {
    note({ message: error.message, code: error.code, data: error.data })
  }
}
