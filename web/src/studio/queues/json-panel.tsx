import type { JSX } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { CopyButton } from '../../ui/copy-button'

/** JSON as it was given, with a way to take it along. */
export function JsonPanel({ name, value }: { name: string; value: unknown }): JSX.Element {
  const text = useRef<HTMLPreElement>(null)
  const titleId = useId()
  return (
    <section class="panel" aria-labelledby={titleId}>
      <div class="panel-head">
        <h2 id={titleId}>{name}</h2>
        <CopyButton what={name} source={text} />
      </div>
      <pre ref={text} class="json" tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </section>
  )
}
