// Safari on iPhone has only ManagedMediaSource: the same interface, but the browser says when to fetch.

type Constructor = (new () => MediaSource) & { isTypeSupported(type: string): boolean }

interface Globals {
  ManagedMediaSource?: Constructor
  MediaSource?: Constructor
}

const { ManagedMediaSource, MediaSource: PlainMediaSource } = globalThis as Globals

/** `null` where media can only be played by address. */
export const MediaSourceClass: Constructor | null = PlainMediaSource ?? ManagedMediaSource ?? null

/** Has the element forget what it plays, and fetch nothing more of it. */
export function letGo(media: HTMLMediaElement): void {
  media.removeAttribute('src')
  media.load()
}

/** True while the browser wants media; a plain MediaSource always does. */
export function wantsMedia(source: MediaSource): boolean {
  return !('streaming' in source) || source.streaming === true
}

/** Attaches a new source to the element and waits until it takes buffers. */
export async function attachSource(media: HTMLMediaElement, source: MediaSource): Promise<void> {
  // A managed source refuses to open while the element could be sent to another device.
  if ('streaming' in source) media.disableRemotePlayback = true
  const url = URL.createObjectURL(source)
  const opened = new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }))
  media.src = url
  await opened
  URL.revokeObjectURL(url)
}
