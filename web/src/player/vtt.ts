/** A still picture and the stretch of the video it stands for. */
export interface Thumbnail {
  start: number
  end: number
  url: string
}

/** Reads a WebVTT file whose cues name pictures; their addresses are relative to `base`. What is not such a cue is skipped. */
export function parseThumbnails(text: string, base: string): Thumbnail[] {
  const thumbnails: Thumbnail[] = []
  for (const block of text.replaceAll('\r\n', '\n').split(/\n{2,}/)) {
    const lines = block.split('\n')
    const timing = lines.findIndex((line) => line.includes('-->'))
    const [start, end] = (lines[timing] ?? '').split('-->').map(seconds)
    const address = lines[timing + 1]?.trim()
    if (timing < 0 || !address || start === undefined || end === undefined || !(end > start)) continue
    thumbnails.push({ start, end, url: new URL(address, base).href })
  }
  return thumbnails
}

/** `01:02:03.456`, hours may be missing; cue settings after the time are ignored. */
function seconds(stamp: string): number {
  const [time = ''] = stamp.trim().split(/\s/)
  return time.split(':').reduce((sum, field) => sum * 60 + Number(field), 0)
}

export function thumbnailAt(thumbnails: readonly Thumbnail[], time: number): Thumbnail | undefined {
  return thumbnails.find(({ start, end }) => start <= time && time < end) ?? thumbnails.at(-1)
}
