import { expect, test } from 'vitest'
import { savingOf } from './saving'

test.each([
  [17, 100, '83 % smaller'],
  [112, 100, '12 % larger'],
  [1000, 1003, 'the same size'],
  [5, 0, ''],
])('%d bytes instead of %d', (bytes, before, saving) => {
  expect(savingOf(bytes, before)).toBe(saving)
})
