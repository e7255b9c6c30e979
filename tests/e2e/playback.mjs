// Watches a player play: how soon it starts, where it stands still, which renditions are shown.

/**
 * Plays the player of the page, muted, and answers when it has `ended` or, with `until: 'started'`, when pictures move:
 * `startMs` from `play()`, `stalls` (seconds of the video at which it stood still), `heights` of the pictures in their order.
 */
export async function watchPlayback(page, { until }) {
  const media = await page.locator('telecine-player video').elementHandle()
  await page.waitForFunction((media) => media.readyState >= 1, media)
  return media.evaluate(async (media, until) => {
    const seen = { startMs: 0, stalls: [], heights: [] }
    const noteHeight = () => {
      if (media.videoHeight > 0 && seen.heights.at(-1) !== media.videoHeight) seen.heights.push(media.videoHeight)
    }
    media.addEventListener('resize', noteHeight)
    noteHeight()
    media.muted = true
    const begun = performance.now()
    await media.play()
    await new Promise((resolve) => {
      const look = () => (media.currentTime > 0 ? resolve() : requestAnimationFrame(look))
      look()
    })
    seen.startMs = performance.now() - begun
    if (until === 'started') return seen
    media.addEventListener('waiting', () => {
      // A machine that cannot draw fast enough waits too, with everything there.
      const { buffered, currentTime } = media
      const isThere = Array.from({ length: buffered.length }, (_, i) => i)
        .some((i) => buffered.start(i) <= currentTime && buffered.end(i) > currentTime + 0.5)
      if (!isThere) seen.stalls.push(currentTime)
    })
    await new Promise((resolve) => media.addEventListener('ended', resolve, { once: true }))
    // The last pictures are waited for by nobody.
    seen.stalls = seen.stalls.filter((time) => time < media.duration - 0.5)
    return seen
  }, until)
}
