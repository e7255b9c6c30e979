const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `950 B`, `12.3 MB`, `131 MB`: decimal units, three digits. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  // 999.5 would be written as 1000.
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** `8 s left`, `3 min left`, `2 h 10 min left`: coarser the further away, as the truth is. */
export function formatTimeLeft(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  if (whole < 60) return `${whole} s left`
  const minutes = Math.ceil(whole / 60)
  if (minutes < 60) return `${minutes} min left`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`
}

/** `5.2 Mbit/s`, `560 kbit/s`. */
export function formatBitrate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1_000_000) return `${(bitsPerSecond / 1_000_000).toFixed(1)} Mbit/s`
  return `${Math.round(bitsPerSecond / 1000)} kbit/s`
}

/** `42 %`; 100 % is left for what is really done. */
export function formatPercent(fraction: number): string {
  const percent = Math.floor(Math.min(1, Math.max(0, fraction)) * 100)
  return `${fraction < 1 ? Math.min(99, percent) : 100} %`
}

/** The day alone, where there is little room. */
export function formatDay(iso: string): string {
  return new Date(iso).toLocaleDateString(undefined, { dateStyle: 'medium' })
}

export function formatDate(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}

/** To the second, for what happened in a machine. */
export function formatMoment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

/** `8 s`, `3 min`, `2 h`, `5 days`: the largest unit that fits. */
function coarse(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}

/** `8 s ago`. The clocks of server and browser differ a little, so what has happened is never shown as to come. */
export function formatAgo(iso: string, nowMs: number): string {
  const ms = nowMs - Date.parse(iso)
  return ms < 1000 ? 'just now' : `${coarse(ms)} ago`
}

/** `in 3 min`, and `now` once it is due. */
export function formatIn(iso: string, nowMs: number): string {
  const ms = Date.parse(iso) - nowMs
  return ms < 1000 ? 'now' : `in ${coarse(ms)}`
}

/** `0.42 s`, `12.3 s`, `3 min 20 s`, `1 h 5 min`: how long something took. */
export function formatDuration(seconds: number): string {
  // 59.96 would be written as 60.0.
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
