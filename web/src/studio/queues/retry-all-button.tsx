import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { retryJobs } from '../../api/queues'
import { mayChange } from '../../api/session'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'
import { jobsIn } from './job-action'

interface Props {
  queue: string
  /** Only failed jobs with this text. */
  text?: string
  /** Without it, only a sign is shown. */
  name?: string
  onDone?: () => void
}

/** Failed jobs of the queue wait again, also those that are not on the page. */
export function RetryAllButton({ queue, text = '', name, onDone }: Props): JSX.Element | null {
  const [isBusy, setBusy] = useState(false)
  const onClick = async (): Promise<void> => {
    setBusy(true)
    try {
      const retried = await retryJobs(queue, text)
      notify(retried === 0 ? 'No failed job was left to try again' : jobsIn(retried, 'waits again', 'wait again'))
      onDone?.()
    } catch (error) {
      notify(messageOf(error))
    }
    setBusy(false)
  }
  if (!mayChange.value) return null
  const whole = `Retry all failed jobs of ${queue}`
  return (
    <button type="button" class={name ? undefined : 'bare'} disabled={isBusy} title={name ? undefined : whole}
      aria-label={name ? undefined : whole} onClick={() => void onClick()}>
      <Icon name="retry" /> {name}
    </button>
  )
}
