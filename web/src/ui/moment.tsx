import type { JSX } from 'preact'
import { formatAgo, formatIn, formatMoment } from '../format'
import { now } from '../now'

/** How long ago something happened; the moment itself shows under the pointer. */
export function Ago({ at }: { at: string }): JSX.Element {
  return <time dateTime={at} title={formatMoment(at)}>{formatAgo(at, now.value)}</time>
}

/** How long it is until something happens. */
export function In({ at }: { at: string }): JSX.Element {
  return <time dateTime={at} title={formatMoment(at)}>{formatIn(at, now.value)}</time>
}
