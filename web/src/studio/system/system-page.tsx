import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { getSystem, type Finding } from '../../api/system'
import { Icon } from '../../ui/icon'
import { Trouble } from '../../ui/trouble'
import { useLoad } from '../../ui/use-load'

const NAMES: Record<string, string> = { database: 'Database', 'object storage': 'Object storage', sandbox: 'Sandbox' }

/** What `telecine doctor` would say of the running server. */
export function SystemPage(): JSX.Element {
  useEffect(() => void (document.title = 'System · Telecine'), [])
  const { value, failure, reload } = useLoad(getSystem)
  return (
    <main>
      <div class="page-head">
        <h1>System</h1>
        {value && <p class="quiet number">Telecine {value.version}</p>}
        <button type="button" onClick={reload}><Icon name="retry" /> Check again</button>
      </div>
      {failure && <Trouble message={failure} onRetry={reload} />}
      <ul class="findings" aria-busy={value === null}>
        {value ? value.findings.map((finding) => <FindingRow key={finding.what} finding={finding} />)
          : !failure && Array.from({ length: 5 }, (_, index) => <li key={index} class="finding skeleton"><div class="poster" /></li>)}
      </ul>
      <p class="quiet">
        <code>telecine doctor</code> looks at more, also when the server does not start; <code>telecine doctor storage</code> finds
        out what a storage endpoint lacks.
      </p>
    </main>
  )
}

function FindingRow({ finding: { what, ok, detail } }: { finding: Finding }): JSX.Element {
  return (
    <li class="finding" data-ok={ok}>
      <Icon name={ok ? 'check' : 'alert'} />
      <div>
        <h2>{NAMES[what] ?? what} <span class="unseen">{ok ? 'is well' : 'has a problem'}</span></h2>
        <p class={ok ? 'quiet' : 'row-error'}>{detail}</p>
      </div>
    </li>
  )
}
