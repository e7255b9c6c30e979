// Our playlists, read by parsers of three other projects and compared with our own manifest.

import assert from 'node:assert/strict'
import HLS from 'hls-parser'
import { Parser } from 'm3u8-parser'
import { parse as parseMpd } from 'mpd-parser'

HLS.setOptions({ strictMode: true })

/**
 * Checks what is at the addresses of a video; answers its manifest. What grows is read while it does, so that it has as
 * many segments as the manifest before it or after it.
 */
export async function checkPlaylists({ hls, dash, manifest: address }) {
  const before = await json(address)
  const master = await text(hls)
  const playlists = await Promise.all(addressesIn(master, hls).map(text))
  const mpd = await text(dash)
  const after = await json(address)
  const expected = { before: countsOf(before), after: countsOf(after), hasEnded: before.complete }
  check('hls-parser', readWithHlsParser(master, playlists), expected)
  check('m3u8-parser', readWithM3u8Parser(master, playlists), expected)
  check('mpd-parser', readWithMpdParser(mpd, dash), expected)
  return after
}

/** Segments of each rendition, pictures first. */
const countsOf = ({ video, audio }) => [...video, ...audio].map(({ segments }) => segments.length)

function check(parser, { counts, duration, hasEnded }, { before, after, ...expected }) {
  assert.equal(counts.length, before.length, `renditions that ${parser} sees`)
  const fits = counts.every((count, i) => count >= before[i] && count <= after[i])
  assert.ok(fits, `segments that ${parser} sees: ${counts}; our manifest before: ${before}, after: ${after}`)
  assert.ok(duration > 0, `${parser} sees durations`)
  assert.equal(hasEnded, expected.hasEnded, `whether ${parser} sees an end`)
}

function readWithHlsParser(master, playlists) {
  const { isMasterPlaylist, variants } = HLS.parse(master)
  assert.ok(isMasterPlaylist && variants.every(({ codecs, bandwidth }) => codecs && bandwidth > 0), master)
  const read = playlists.map((playlist) => HLS.parse(playlist))
  for (const { segments, targetDuration } of read)
    for (const { map, duration } of segments) assert.ok(map.uri && Math.round(duration) <= targetDuration, 'a segment')
  return {
    counts: read.map(({ segments }) => segments.length),
    duration: sum(read[0].segments),
    hasEnded: all(read.map(({ endlist, playlistType }) => endlist && playlistType === 'VOD')),
  }
}

function readWithM3u8Parser(master, playlists) {
  const warnings = []
  const [first, ...read] = [master, ...playlists].map((playlist) => {
    const parser = new Parser()
    parser.on('warn', (warning) => warnings.push(warning))
    parser.push(playlist)
    parser.end()
    return parser.manifest
  })
  assert.deepEqual(warnings, [])
  const groups = Object.values(first.mediaGroups.AUDIO).flatMap((group) => Object.values(group))
  assert.equal(first.playlists.length + groups.length, playlists.length, 'variants and sound')
  return {
    counts: read.map(({ segments }) => segments.length),
    duration: sum(read[0].segments),
    hasEnded: all(read.map(({ endList }) => endList ?? false)),
  }
}

function readWithMpdParser(mpd, manifestUri) {
  const warnings = []
  const eventHandler = ({ type, message }) => warnings.push(`${type}: ${message}`)
  const { playlists, mediaGroups, duration } = parseMpd(mpd, { manifestUri, eventHandler })
  assert.deepEqual(warnings, [])
  const sound = Object.values(mediaGroups.AUDIO).flatMap((group) => Object.values(group)).flatMap(({ playlists }) => playlists)
  // Without pictures it lists the sound in both places.
  const read = [...playlists.filter(({ attributes }) => attributes.RESOLUTION), ...sound]
  const best = (a, b) => (b.attributes.RESOLUTION?.height ?? 0) - (a.attributes.RESOLUTION?.height ?? 0)
  return {
    counts: read.sort(best).map(({ segments }) => segments.length),
    duration,
    hasEnded: all(read.map(({ endList }) => endList)),
  }
}

/** What all of them say. */
function all(answers) {
  assert.equal(new Set(answers).size, 1, `renditions differ in whether they have ended: ${answers}`)
  return answers[0]
}

const sum = (segments) => segments.reduce((seconds, { duration }) => seconds + duration, 0)

/** Addresses of the playlists in a master playlist: the variants', then the sound's. */
function addressesIn(master, base) {
  const lines = master.split('\n')
  const variants = lines.filter((line) => line && !line.startsWith('#'))
  const sound = lines.flatMap((line) => line.match(/^#EXT-X-MEDIA:.*URI="([^"]+)"/)?.[1] ?? [])
  return [...variants, ...sound].map((address) => new URL(address, base).href)
}

async function text(address) {
  const answer = await fetch(address)
  assert.equal(answer.status, 200, address)
  return answer.text()
}

const json = async (address) => JSON.parse(await text(address))
