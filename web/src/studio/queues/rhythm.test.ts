import { expect, test } from 'vitest'
import { rhythmOf } from './rhythm'

const cron = (pattern: string, time_zone: string | null = null): string => rhythmOf({ cron: pattern, time_zone, every_s: null })
const every = (every_s: number): string => rhythmOf({ cron: null, time_zone: null, every_s })

test.each([
  ['0 2 * * *', 'every day at 02:00, UTC'],
  ['0 30 14 * * *', 'every day at 14:30, UTC'],
  ['* * * * *', 'every minute'],
  ['*/5 * * * *', 'every 5 minutes'],
  ['7 * * * *', 'every hour at 07 minutes past'],
  ['15 */6 * * *', 'every 6 hours at 15 minutes past, UTC'],
  ['0 9 * * 1-5', 'Monday to Friday at 09:00, UTC'],
  ['0 9 * * sun', 'every Sunday at 09:00, UTC'],
  ['0 9 * * 7', 'every Sunday at 09:00, UTC'],
])('%s is %s', (pattern, words) => {
  expect(cron(pattern)).toBe(words)
})

test('the time zone is named', () => {
  expect(cron('0 2 * * *', 'Europe/Berlin')).toBe('every day at 02:00, Europe/Berlin')
})

test('what takes more than a few words stays an expression', () => {
  for (const pattern of ['0 2 1 * *', '0 2 * 3 *', '0,30 2 * * *', '5 0 2 * * *', '0 2 * * 1,3', '0 2 * * *,x', 'often'])
    expect(cron(pattern)).toBe(`${pattern}, UTC`)
})

test('intervals use the largest whole unit', () => {
  expect(every(1)).toBe('every second')
  expect(every(90)).toBe('every 90 seconds')
  expect(every(300)).toBe('every 5 minutes')
  expect(every(86_400)).toBe('every day')
  expect(every(7200)).toBe('every 2 hours')
  expect(every(1.5)).toBe('every 1.5 s')
})
