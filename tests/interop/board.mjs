// bull-board without its pages: the routes that its pages call, on one queue.

import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'

// What createBullBoard hands to a web framework.
class Routes {
  setQueues(queues) { this.queues = queues; return this }
  setApiRoutes(routes) { this.routes = routes; return this }
  setUIConfig(config) { this.uiConfig = config; return this }
  setViewsPath() { return this }
  setStaticPath() { return this }
  setEntryRoute() { return this }
  setErrorHandler() { return this }
}

/** Calls `method` on `route`, such as `put` on `/api/queues/:queueName/:jobId/retry`; answers {status, body}. */
export async function board(queue, { method, route, params = {}, query = {}, body = {} }) {
  const serverAdapter = new Routes()
  createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter })
  const found = serverAdapter.routes.find((one) => one.method === method && [one.route].flat().includes(route))
  if (!found) throw new Error(`bull-board has no route ${method} ${route}`)
  const { queues, uiConfig } = serverAdapter
  const request = { queues, uiConfig, params: { queueName: queue.name, ...params }, query, body, headers: {} }
  const { status = 200, body: answer } = await found.handler(request)
  return { status, body: answer }
}
