import { clock } from '../clock'
import { tileAt, type Storyboard } from '../storyboard'
import { el } from './dom'

/** Pixels of the longer side; portrait pictures would cover half of the player otherwise. */
const LONGEST_SIDE = 160
const LONGEST_SIDE_OF_SMALL = 112
/** Players up to this width are small. */
const SMALL = 480

export interface Preview {
  element: HTMLElement
  /** `null` while there is none: the preview is the time alone. */
  setStoryboard(storyboard: Storyboard | null): void
  showAt(time: number, duration: number): void
  hide(): void
}

/** The little picture with its time above the seek bar. */
export function preview(): Preview {
  const image = el('div', { class: 'tile', hidden: '' })
  const time = el('span')
  const element = el('div', { class: 'preview', 'aria-hidden': 'true', hidden: '' }, image, time)
  let storyboard: Storyboard | null = null

  const showTile = (board: Storyboard, seconds: number, barWidth: number): void => {
    const tile = tileAt(board, seconds)
    image.hidden = tile === null
    if (!tile) return
    const longest = barWidth < SMALL ? LONGEST_SIDE_OF_SMALL : LONGEST_SIDE
    const scale = longest / Math.max(board.width, board.height)
    const pixels = (value: number): string => `${value * scale}px`
    Object.assign(image.style, {
      width: pixels(board.width),
      height: pixels(board.height),
      // An address holds neither quotes nor backslashes: the URL parser has escaped them.
      backgroundImage: `url("${tile.url}")`,
      backgroundPosition: `${pixels(-tile.x)} ${pixels(-tile.y)}`,
      // The last sheet may have fewer rows than the others, so the height follows from the width.
      backgroundSize: `${pixels(board.width * board.columns)} auto`,
    })
  }
  return {
    element,
    setStoryboard: (board) => {
      storyboard = board
      image.hidden = board === null
    },
    showAt: (seconds, duration) => {
      if (!(duration > 0)) return
      const barWidth = element.parentElement?.clientWidth ?? 0
      if (storyboard) showTile(storyboard, seconds, barWidth)
      time.textContent = clock(seconds)
      element.hidden = false
      // Centred on the pointer, but never out of the player.
      const { offsetWidth } = element
      const left = (seconds / duration) * barWidth - offsetWidth / 2
      element.style.left = `${Math.max(0, Math.min(barWidth - offsetWidth, left))}px`
    },
    hide: () => {
      element.hidden = true
    },
  }
}
