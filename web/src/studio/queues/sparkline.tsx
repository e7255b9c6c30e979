import type { JSX } from 'preact'
import { now } from '../../now'
import { throughputs } from './queue-store'
import { BUCKET_MS, points, series } from './throughput'

const WIDTH = 96
const HEIGHT = 22

/** How many jobs of the queue have ended lately. */
export function Sparkline({ queue }: { queue: string }): JSX.Element {
  const throughput = throughputs.value.get(queue)
  const numbers = throughput ? series(throughput, now.value) : []
  const ended = numbers.reduce((sum, number) => sum + number, 0)
  const seconds = Math.round((numbers.length * BUCKET_MS) / 1000)
  const sentence = `${ended} ended in the last ${seconds} s`
  return (
    <span class="sparkline" title={throughput && sentence} data-empty={ended === 0 || undefined}>
      <svg viewBox={`-1 -2 ${WIDTH + 2} ${HEIGHT + 4}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
        <path d={`M0 ${HEIGHT}h${WIDTH}`} />
        {ended > 0 && <polyline points={points(numbers, WIDTH, HEIGHT)} />}
      </svg>
      <span class="unseen">{throughput ? sentence : 'not counted yet'}</span>
    </span>
  )
}
