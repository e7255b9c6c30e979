// Pages of other origins than the API's, served on loopback.

import { createServer } from 'node:http'
import { build } from 'esbuild'

/** Answers requests with `answer(request, response)` while `use(port)` runs; any free port will do unless one is named. */
export async function withSite(answer, use, port = 0) {
  const server = createServer(answer)
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  try {
    await use(server.address().port)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Serves a page with this body and the bundled script while `use(address)` runs. */
export async function withPage(entryPoint, body, use) {
  const bundle = await build({ entryPoints: [entryPoint], bundle: true, format: 'esm', write: false, logLevel: 'error' })
  const script = bundle.outputFiles[0].text
  const html = `<!doctype html><link rel="icon" href="data:,">${body}<script type="module" src="/page.js"></script>`
  const answer = (request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(isScript ? script : html)
  }
  await withSite(answer, (port) => use(`http://127.0.0.1:${port}/`))
}
