import type { FunctionComponent, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Trouble } from '../ui/trouble'

/** A page whose scripts come when somebody enters its room, not with the first page. */
export function room<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  let Page: FunctionComponent<P> | undefined
  return function Room(props: P): JSX.Element {
    const [state, setState] = useState<'awaited' | 'here' | 'failed'>('awaited')
    const onLoaded = (loaded: FunctionComponent<P>): void => {
      Page = loaded
      setState('here')
    }
    useEffect(() => {
      if (!Page) load().then(onLoaded, () => setState('failed'))
    }, [])
    if (Page) return <Page {...props} />
    return (
      <main aria-busy={state === 'awaited'}>
        {state === 'failed' ? <Trouble message="This page could not be loaded. Check the connection and try again." onRetry={loadAgain} />
          : <div class="panel late" aria-hidden="true"><span class="line-skeleton" /></div>}
      </main>
    )
  }
}

/** Browsers ask only once for a script. The whole page is loaded again as soon as the server answers: until then it would be lost. */
function loadAgain(): void {
  fetch('/', { method: 'HEAD' }).then(() => location.reload(), () => {})
}
