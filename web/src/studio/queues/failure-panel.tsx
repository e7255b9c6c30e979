import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { Job, JobFailure } from '../../api/queue-types'
import { CopyButton } from '../../ui/copy-button'
import { Icon } from '../../ui/icon'

/** Why the job failed, or its last run did. */
export function FailurePanel({ job, failure }: { job: Job; failure: JobFailure }): JSX.Element {
  const text = useRef<HTMLDivElement>(null)
  const hasFailed = job.state === 'failed'
  return (
    <section class="panel failure" aria-labelledby="failure-title">
      <Icon name="alert" />
      <div>
        <h2 id="failure-title">{titleOf(job)}</h2>
        <div ref={text} class="failure-text">
          <p>{failure.message}</p>
          <code>{failure.code}</code>
          {failure.detail && <ToolLines detail={failure.detail} isOpen={hasFailed} />}
        </div>
        <CopyButton what="The reason" source={text} />
      </div>
    </section>
  )
}

function titleOf({ state, cancel_requested }: Job): string {
  if (state === 'failed') return 'This job has failed'
  return cancel_requested ? 'This job was asked to stop' : 'The last run failed'
}

/** The last lines that a tool such as ffmpeg said. */
export function ToolLines({ detail, isOpen = false }: { detail: string; isOpen?: boolean }): JSX.Element {
  return (
    <details open={isOpen}>
      <summary>The last words of the tool</summary>
      <pre tabIndex={0}>{detail}</pre>
    </details>
  )
}
