import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Queue } from '../../api/queue-types'
import { mayChange } from '../../api/session'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'
import { setPaused } from './queue-store'

export function PauseButton({ queue, class: style }: { queue: Queue; class?: string }): JSX.Element | null {
  const [isBusy, setBusy] = useState(false)
  const { name, paused } = queue
  const onClick = async (): Promise<void> => {
    setBusy(true)
    try {
      await setPaused(name, !paused)
      notify(paused ? `${name} goes on` : `${name} is paused; jobs that run go on`)
    } catch (error) {
      notify(messageOf(error))
    }
    setBusy(false)
  }
  if (!mayChange.value) return null
  const verb = paused ? 'Resume' : 'Pause'
  return (
    <button type="button" class={style} disabled={isBusy} aria-label={`${verb} ${name}`} onClick={() => void onClick()}>
      <Icon name={paused ? 'play' : 'pause'} /> {verb}
    </button>
  )
}
