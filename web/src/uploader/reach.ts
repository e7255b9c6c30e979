/** Whether the server answers at all; `origin` is empty for the page's own. */
export function isReachable(origin: string): Promise<boolean> {
  // Nothing is read of the answer, so servers of other origins need not permit it.
  return fetch(`${origin}/health/live`, { cache: 'no-store', mode: 'no-cors' }).then(() => true, () => false)
}
