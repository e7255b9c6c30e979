import { remembered } from '../remembered'

/** Whether the player is as wide as the window. */
export const theatre = remembered('watch.theatre', ['off', 'on'])

export const isWide = (): boolean => theatre.current.value === 'on'
