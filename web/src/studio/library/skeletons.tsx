import type { JSX } from 'preact'
import type { View } from './view'

/** The room that the videos will take, until they are there. */
export function Skeletons({ view }: { view: View }): JSX.Element {
  return (
    <ul class={view === 'list' ? 'video-rows' : 'cards'} aria-hidden="true">
      {Array.from({ length: 4 }, (_, index) => (
        <li key={index} class={`skeleton skeleton-${view}`}>
          <div class="poster" />
        </li>
      ))}
    </ul>
  )
}
