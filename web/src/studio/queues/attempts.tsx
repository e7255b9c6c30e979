import type { JSX } from 'preact'
import type { Attempt } from '../../api/queue-types'
import { formatDuration, formatMoment } from '../../format'
import { ToolLines } from './failure-panel'

const OUTCOMES: Record<string, string> = {
  retried: 'Failed, tried again',
  failed: 'Failed for good',
  stalled: 'Its worker disappeared',
}

/** Every run that did not succeed, newest first. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="attempts-title">
      <h2 id="attempts-title">Attempts that failed</h2>
      {attempts.length === 0 ? <p class="quiet">No run has failed.</p> : (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="attempts-title">
          <table class="attempts">
            <thead>
              <tr>
                <th scope="col">Run</th><th scope="col">Began</th><th scope="col">Took</th><th scope="col">Worker</th>
                <th scope="col">Outcome</th><th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {[...attempts].reverse().map((attempt) => <AttemptRow key={attempt.run} attempt={attempt} />)}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** On a phone a list of its cells, each with its name. */
function AttemptRow({ attempt: { run, started_at, ended_at, duration_s, worker, outcome, failure } }: { attempt: Attempt }): JSX.Element {
  const began = started_at ?? ended_at
  return (
    <tr>
      <th scope="row" class="number" data-name="Run">{run}</th>
      <td class="number" data-name="Began"><time dateTime={began}>{formatMoment(began)}</time></td>
      <td class="number" data-name="Took">{duration_s === null ? '–' : formatDuration(duration_s)}</td>
      <td data-name="Worker">{worker ?? '–'}</td>
      <td data-name="Outcome">{OUTCOMES[outcome] ?? outcome}</td>
      <td class="attempt-reason">
        {failure ? <>{failure.message} <code>{failure.code}</code></> : '–'}
        {failure?.detail && <ToolLines detail={failure.detail} />}
      </td>
    </tr>
  )
}
