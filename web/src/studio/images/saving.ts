/** `83 % smaller`, `12 % larger`, `the same size`: how many bytes one of two files has, beside the other. */
export function savingOf(bytes: number, before: number): string {
  if (before <= 0) return ''
  const percent = Math.round((1 - bytes / before) * 100)
  if (percent === 0) return 'the same size'
  return percent > 0 ? `${percent} % smaller` : `${-percent} % larger`
}
