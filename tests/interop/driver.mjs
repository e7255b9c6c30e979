// Drives npm bullmq for the tests in Rust: node driver.mjs REDIS_URL [PREFIX]
// Reads one request a line, {id, version, command, queue, …}, and answers {id, ok} or {id, error}.
// Lines without an id tell what happens meanwhile: {event, queue, jobId, …}.

import { createInterface } from 'node:readline'
import { board } from './board.mjs'
import * as bullmq6 from 'bullmq'
import * as bullmq5 from 'bullmq5'
import { process as processJob } from './processor.mjs'

const [url, prefix = 'bull'] = process.argv.slice(2)
const address = new URL(url)
const connection = { host: address.hostname, port: Number(address.port), maxRetriesPerRequest: null }
const libraries = { 5: bullmq5, 6: bullmq6 }

const QUEUE_EVENTS = [
  'active', 'added', 'completed', 'delayed', 'failed', 'paused', 'progress', 'removed', 'resumed',
  'retries-exhausted', 'stalled', 'waiting', 'waiting-children',
]

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

// Everything that holds a connection, one of each kind, version and queue.
const opened = new Map()
const openedOnce = (key, open) => {
  if (!opened.has(key)) opened.set(key, open())
  return opened.get(key)
}

const queueOf = ({ version, queue }) =>
  openedOnce(`queue ${version} ${queue}`, () => quiet(new libraries[version].Queue(queue, { connection, prefix })))

const eventsOf = ({ version, queue }) =>
  openedOnce(`events ${version} ${queue}`, () => quiet(new libraries[version].QueueEvents(queue, { connection, prefix })))

// A Redis that is killed on purpose is no reason to end.
const quiet = (emitter) => emitter.on('error', () => {})

const jobOf = async (request) => {
  const job = await queueOf(request).getJob(request.job)
  if (!job) throw new Error(`no job ${request.job}`)
  return job
}

// The state is read first: whatever the rest of a finished job says is then final.
const described = async (request) => {
  const queue = queueOf(request)
  const state = await queue.getJobState(request.job)
  const job = await queue.getJob(request.job)
  return job ? { ...job.toJSON(), state, logs: (await queue.getJobLogs(request.job)).logs } : null
}

const commands = {
  ping: async () => 'pong',
  add: async (request) => (await queueOf(request).add(request.name, request.data, request.opts)).id,
  addBulk: async (request) => (await queueOf(request).addBulk(request.jobs)).map((job) => job.id),
  flow: async (request) => {
    const flows = new libraries[request.version].FlowProducer({ connection, prefix })
    const tree = await flows.add(request.tree)
    await flows.close()
    return tree.job.id
  },
  upsertJobScheduler: async (request) =>
    (await queueOf(request).upsertJobScheduler(request.scheduler, request.repeat, request.template))?.id,
  jobSchedulers: async (request) => queueOf(request).getJobSchedulers(),
  removeJobScheduler: async (request) => queueOf(request).removeJobScheduler(request.scheduler),
  job: described,
  jobs: async (request) => (await queueOf(request).getJobs(request.states)).map((job) => job.toJSON()),
  counts: async (request) => queueOf(request).getJobCounts(),
  workers: async (request) => queueOf(request).getWorkers(),
  childrenValues: async (request) => (await jobOf(request)).getChildrenValues(),
  pause: async (request) => queueOf(request).pause(),
  resume: async (request) => queueOf(request).resume(),
  isPaused: async (request) => queueOf(request).isPaused(),
  globalConcurrency: async (request) => queueOf(request).setGlobalConcurrency(request.limit),
  retry: async (request) => (await jobOf(request)).retry(request.state ?? 'failed'),
  promote: async (request) => (await jobOf(request)).promote(),
  remove: async (request) => (await jobOf(request)).remove(),
  changePriority: async (request) => (await jobOf(request)).changePriority({ priority: request.priority }),
  worker: async (request) => {
    const { version, queue } = request
    const { UnrecoverableError, Worker } = libraries[version]
    const run = (job) => processJob(job, { say, queue, UnrecoverableError })
    const worker = quiet(new Worker(queue, run, { connection, prefix, ...request.opts }))
    opened.set(`worker ${version} ${queue}`, worker)
    await worker.waitUntilReady()
  },
  stopWorker: async ({ version, queue }) => {
    const key = `worker ${version} ${queue}`
    await opened.get(key)?.close()
    opened.delete(key)
  },
  events: async (request) => {
    const events = eventsOf(request)
    for (const event of QUEUE_EVENTS) {
      events.on(event, (details) => say({ event, queue: request.queue, ...details }))
    }
    await events.waitUntilReady()
  },
  waitUntilFinished: async (request) =>
    (await jobOf(request)).waitUntilFinished(eventsOf(request), request.ttl ?? 30_000),
  board: async (request) => board(queueOf(request), request),
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  commands[request.command](request).then(
    (ok) => say({ id: request.id, ok: ok ?? null }),
    (error) => say({ id: request.id, error: error?.message ?? String(error) }),
  )
}
// The test has closed its end; connections that are still open must not keep this process.
process.exit(0)
