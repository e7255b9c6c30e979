import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Job, LogLine } from '../../api/queue-types'
import { getLog } from '../../api/queues'
import { formatMoment } from '../../format'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'
import { hasEnded } from './job-state'

/** Lines that come with the job. */
const FIRST_LINES = 200

/** What the job has written down, page by page. */
export function JobLog({ job }: { job: Job }): JSX.Element {
  const [more, setMore] = useState<readonly LogLine[]>([])
  const [isWhole, setWhole] = useState(false)
  const lines = [...job.log, ...more.filter(({ number }) => number > (job.log.at(-1)?.number ?? 0))]
  const onMore = async (): Promise<void> => {
    try {
      const { items } = await getLog(job.id, lines.at(-1)?.number ?? 0)
      setMore([...more, ...items])
      if (items.length > 0) return
      notify('That is all so far')
      setWhole(hasEnded(job.state))
    } catch (error) {
      notify(messageOf(error))
    }
  }
  return (
    <section class="panel" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      {lines.length === 0 ? <p class="quiet">The job has written nothing down.</p> : (
        <pre class="log" tabIndex={0} role="group" aria-labelledby="log-title">
          {lines.map(({ number, at, line }) => <LogRow key={number} at={at} line={line} />)}
        </pre>
      )}
      {lines.length >= FIRST_LINES && !isWhole && <button type="button" onClick={() => void onMore()}>Load more</button>}
    </section>
  )
}

function LogRow({ at, line }: { at: string; line: string }): JSX.Element {
  return <span class="log-line"><time dateTime={at} title={formatMoment(at)}>{new Date(at).toLocaleTimeString()}</time> {line}</span>
}
