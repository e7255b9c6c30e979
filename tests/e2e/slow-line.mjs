// Bad lines between the browser and everything else: forward proxies that let only so much through.

import { createServer, request } from 'node:http'
import { Transform } from 'node:stream'

/** Bytes go through in portions of this many milliseconds. */
const PORTION_MS = 20

/**
 * Runs `use(line)` with a proxy that serves `http` addresses. `line.args` are the switches that send Chromium through it,
 * loopback addresses too; `line.setRate(bitsPerSecond)` changes the speed of what comes down, of all connections together.
 */
export async function withSlowLine(bitsPerSecond, use) {
  const bucket = new Bucket(bitsPerSecond)
  const pass = (asked, answer) => forward(asked, answer, (response) => response.pipe(bucket.stream()).pipe(answer))
  try {
    await withProxy(pass, ({ args }) => use({ args, setRate: (rate) => bucket.setRate(rate) }))
  } finally {
    bucket.close()
  }
}

/**
 * Runs `use(line)` with a proxy whose line breaks when the machine sleeps. `line.letThrough(count)` is how many parts of uploads
 * pass in all; the others stand still on their way. `line.untilHeld(count)` answers with their addresses, `line.breakOff()` ends
 * every connection. `line.answers` are the answers to parts, `{ upload, number, status }` each.
 */
export async function withBreakingLine(use) {
  const answers = []
  const held = []
  const listeners = new Set()
  const open = new Set()
  let allowed = 0
  let passed = 0
  const pass = (asked, answer) => {
    open.add(asked.socket)
    const { searchParams } = new URL(asked.url)
    const number = asked.method === 'PUT' ? Number(searchParams.get('partNumber') ?? 0) : 0
    if (number && passed++ >= allowed) {
      // Nobody reads it: the browser sends what the line holds, and waits.
      held.push(asked.url)
      listeners.forEach((look) => look())
      return
    }
    forward(asked, answer, (response) => {
      if (number) answers.push({ upload: searchParams.get('uploadId'), number, status: response.statusCode })
      response.pipe(answer)
    })
  }
  await withProxy(pass, ({ args }) => use({
    args,
    answers,
    letThrough: (count) => (allowed = count),
    untilHeld: (count) => new Promise((resolve) => {
      const look = () => held.length >= count && (listeners.delete(look), resolve(held))
      listeners.add(look)
      look()
    }),
    breakOff: () => open.forEach((socket) => socket.destroy()),
  }))
}

async function withProxy(pass, use) {
  const server = createServer(pass)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use({ args: [`--proxy-server=http://127.0.0.1:${server.address().port}`, '--proxy-bypass-list=<-loopback>'] })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** Asks in the browser's place, and has `bring(response)` bring the body of the answer. */
function forward(asked, answer, bring) {
  const { hostname, port, pathname, search } = new URL(asked.url)
  const options = { hostname, port, path: pathname + search, method: asked.method, headers: asked.headers }
  const forwarded = request(options, (response) => {
    answer.writeHead(response.statusCode, response.headers)
    bring(response)
  })
  forwarded.on('error', () => answer.destroy())
  answer.on('close', () => forwarded.destroy())
  asked.pipe(forwarded)
}

/** Bytes for all streams, filled up again every few milliseconds; whoever wants more waits in line. */
class Bucket {
  #left = 0
  #waiting = []
  #perPortion = 0
  #timer

  constructor(bitsPerSecond) {
    this.setRate(bitsPerSecond)
    this.#timer = setInterval(() => this.#fill(), PORTION_MS)
  }

  setRate(bitsPerSecond) {
    this.#perPortion = (bitsPerSecond / 8000) * PORTION_MS
  }

  close() {
    clearInterval(this.#timer)
    this.setRate(Infinity)
    this.#fill()
  }

  stream() {
    const bucket = this
    return new Transform({
      transform(chunk, _, done) {
        bucket.#take(chunk.length, () => done(null, chunk))
      },
    })
  }

  #take(bytes, go) {
    this.#waiting.push({ bytes, go })
    this.#serve()
  }

  #fill() {
    // What nobody wanted is gone, as on a real line.
    this.#left = Math.min(this.#left + this.#perPortion, this.#perPortion)
    this.#serve()
  }

  #serve() {
    while (this.#waiting.length > 0 && this.#left > 0) {
      const { bytes, go } = this.#waiting.shift()
      // A chunk may be larger than a portion: what it takes too much is missing from the next ones.
      this.#left -= bytes
      go()
    }
  }
}
