// A line of a certain speed between the browser and everything else: a forward proxy that lets only so many bytes through.

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
  const server = createServer((asked, answer) => {
    const { hostname, port, pathname, search } = new URL(asked.url)
    const options = { hostname, port, path: pathname + search, method: asked.method, headers: asked.headers }
    const forwarded = request(options, (response) => {
      answer.writeHead(response.statusCode, response.headers)
      response.pipe(bucket.stream()).pipe(answer)
    })
    forwarded.on('error', () => answer.destroy())
    answer.on('close', () => forwarded.destroy())
    asked.pipe(forwarded)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const address = `http://127.0.0.1:${server.address().port}`
    await use({ args: [`--proxy-server=${address}`, '--proxy-bypass-list=<-loopback>'], setRate: (rate) => bucket.setRate(rate) })
  } finally {
    bucket.close()
    server.close()
    server.closeAllConnections()
  }
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
