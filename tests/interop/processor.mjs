// A processor that does what the job's data say: {log, progress, wait, throw, failTimes, unrecoverable, return}.

import { setTimeout as wait } from 'node:timers/promises'

export async function process(job, { say, queue, UnrecoverableError }) {
  say({ event: 'started', queue, jobId: job.id, attempt: job.attemptsMade })
  const data = job.data ?? {}
  for (const line of data.log ?? []) await job.log(line)
  if (data.progress !== undefined) await job.updateProgress(data.progress)
  if (data.wait) await wait(data.wait)
  if (data.unrecoverable) throw new UnrecoverableError(data.unrecoverable)
  if (data.throw) throw new Error(data.throw)
  if (job.attemptsMade < (data.failTimes ?? 0)) throw new Error(`failure ${job.attemptsMade + 1}`)
  return data.children ? job.getChildrenValues() : (data.return ?? null)
}
