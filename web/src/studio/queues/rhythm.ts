import type { Schedule } from '../../api/queue-types'
import { formatDuration } from '../../format'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const EVERY: readonly (readonly [seconds: number, one: string, many: string])[] = [
  [86_400, 'day', 'days'],
  [3600, 'hour', 'hours'],
  [60, 'minute', 'minutes'],
  [1, 'second', 'seconds'],
]

/** When a schedule comes, in words; a cron expression that is not one of the common ones stays as it is. */
export function rhythmOf({ cron, time_zone, every_s }: Pick<Schedule, 'cron' | 'time_zone' | 'every_s'>): string {
  if (cron !== null) return calendar(cron.trim().split(/\s+/), time_zone ?? 'UTC') ?? `${cron}, ${time_zone ?? 'UTC'}`
  return every_s === null ? 'unknown' : interval(every_s)
}

function interval(seconds: number): string {
  const whole = EVERY.find(([unit]) => seconds >= unit && seconds % unit === 0)
  if (!whole) return `every ${formatDuration(seconds)}`
  const [unit, one, many] = whole
  return seconds === unit ? `every ${one}` : `every ${seconds / unit} ${many}`
}

/** Every second, third, … one. */
const STEP = /^\*\/([2-9]|\d\d)$/

const isNumber = (field: string): boolean => /^\d{1,2}$/.test(field)

/** `null` for an expression that takes more than a few words. */
function calendar(fields: readonly string[], zone: string): string | null {
  // With six fields the first one are the seconds.
  if (fields.length === 6 && fields[0] === '0') return calendar(fields.slice(1), zone)
  const [minute = '', hour = '', day, month, weekday = ''] = fields
  if (fields.length !== 5 || day !== '*' || month !== '*') return null
  if (weekday === '*' && hour === '*') return withinHour(minute)
  if (!isNumber(minute)) return null
  const step = STEP.exec(hour)?.[1]
  if (step !== undefined && weekday === '*') return `every ${step} hours at ${minute.padStart(2, '0')} minutes past, ${zone}`
  if (!isNumber(hour)) return null
  const time = `at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}, ${zone}`
  if (weekday === '*') return `every day ${time}`
  if (weekday === '1-5' || weekday.toUpperCase() === 'MON-FRI') return `Monday to Friday ${time}`
  const name = /^[0-7]$/.test(weekday) ? DAYS[Number(weekday) % 7] : DAYS.find((known) => known.slice(0, 3).toUpperCase() === weekday.toUpperCase())
  return name ? `every ${name} ${time}` : null
}

function withinHour(minute: string): string | null {
  if (minute === '*') return 'every minute'
  if (isNumber(minute)) return `every hour at ${minute.padStart(2, '0')} minutes past`
  const step = STEP.exec(minute)?.[1]
  return step === undefined ? null : `every ${step} minutes`
}
