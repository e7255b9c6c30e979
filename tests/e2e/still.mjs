// Whether a page stays where it is while it loads.

import assert from 'node:assert/strict'

/** What is shown has not moved while the rest came: the sum of shifts that browsers call good is below 0.1. */
export async function assertStill(page, name) {
  const moved = await page.evaluate(() => new Promise((resolve) => {
    const shifts = []
    new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true })
    // Entries that are there already come with the next pictures.
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(
      shifts.map(({ value, sources }) => [value, ...sources.map(({ node }) => node?.className || node?.nodeName)]),
    ))))
  }))
  const sum = moved.reduce((sum, [value]) => sum + value, 0)
  assert.ok(sum < 0.1, `${name} moved by ${sum.toFixed(3)}: ${JSON.stringify(moved)}`)
}
