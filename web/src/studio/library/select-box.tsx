import type { JSX } from 'preact'
import type { Video } from '../../api/types'
import { isSelected, select } from './selection'

export function SelectBox({ video }: { video: Video }): JSX.Element {
  return (
    <label class="select-box">
      <span class="unseen">Select {video.title}</span>
      <input type="checkbox" checked={isSelected(video.id)} onChange={(event) => select(video.id, event.currentTarget.checked)} />
    </label>
  )
}
