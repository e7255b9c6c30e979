import { expect, test } from 'vitest'
import { Lanes, MAX_LANES } from './lanes'

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

test('every item has its turn, three at a time', async () => {
  let [underWay, most] = [0, 0]
  const done: number[] = []
  await new Lanes().each([1, 2, 3, 4, 5, 6, 7], async (item) => {
    most = Math.max(most, ++underWay)
    await nextTurn()
    underWay--
    done.push(item)
  })
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(most).toBe(MAX_LANES)
})

test('trouble takes lanes away until one is left, and a long streak brings them back', async () => {
  const lanes = new Lanes()
  for (const left of [2, 1, 1]) {
    lanes.trouble()
    expect(lanes.count).toBe(left)
  }
  for (let part = 0; part < 5; part++) lanes.success()
  expect(lanes.count).toBe(1)
  lanes.success()
  expect(lanes.count).toBe(2)
  for (let part = 0; part < 60; part++) lanes.success()
  expect(lanes.count).toBe(MAX_LANES)
})

test('the first failure ends it', async () => {
  await expect(new Lanes().each([1, 2, 3, 4, 5], async (item) => {
    await nextTurn()
    if (item === 2) throw new Error('broken')
  })).rejects.toThrow('broken')
})
