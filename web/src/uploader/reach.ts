/** Whether the server answers; `origin` is empty for the page's own. */
export function isReachable(origin: string): Promise<boolean> {
  // Servers of other origins need not permit it: that something answers is all that can be seen then.
  return fetch(`${origin}/health/live`, { cache: 'no-store', mode: 'no-cors' }).then(
    ({ type, ok }) => type === 'opaque' || ok,
    () => false,
  )
}
