import type { JSX } from 'preact'

/** Says what went wrong, with a way to try it again. */
export function Trouble({ message, onRetry }: { message: string; onRetry: () => void }): JSX.Element {
  return (
    <div class="panel" role="alert">
      <p>{message}</p>
      <button type="button" onClick={onRetry}>Try again</button>
    </div>
  )
}
