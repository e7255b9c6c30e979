// sharp in a process of its own: makes WebP of files, as many at a time as it is told, prints what it took as one line of
// JSON, and ends. With --reference it makes lossless PNGs of the same size instead, to compare pictures with.
// node bench.mjs [--reference] --out DIR --in-flight N FILE...
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, 'in-flight': { type: 'string' }, reference: { type: 'boolean' } },
})

async function make(file) {
  const name = path.join(values.out, path.parse(file).name)
  const resized = sharp(file).rotate().resize(1280, 720, { fit: 'inside', withoutEnlargement: true })
  if (values.reference) await resized.png({ compressionLevel: 1 }).toFile(`${name}.png`)
  else await resized.webp({ quality: 85, effort: 4 }).toFile(`${name}.webp`)
}

async function lane(queue) {
  for (const file of queue) await make(file)
}

// Without what node and the module take to start.
const begun = process.hrtime.bigint()
const before = process.cpuUsage()
const queue = files.values()
await Promise.all(Array.from({ length: Number(values['in-flight']) }, () => lane(queue)))
const used = process.cpuUsage(before)
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
console.log(
  JSON.stringify({
    seconds: Number(process.hrtime.bigint() - begun) / 1e9,
    cpu_s: (used.user + used.system) / 1e6,
    rss_mb: (Number(peak) * 1024) / 1e6,
  }),
)
