// The npm package in a process of its own: does one task, prints what it took as one line of JSON, and ends.
// node bench.mjs REDIS_URL --task add|bulk|work --jobs N --concurrency N
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Queue, Worker } from "bullmq";

const BULK = 1000;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { task: { type: "string" }, jobs: { type: "string" }, concurrency: { type: "string" } },
});
const url = new URL(positionals[0]);
const connection = { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
const jobs = Number(values.jobs);
const queue = new Queue("bench", { connection });
await queue.waitUntilReady();

const opts = { attempts: 4, backoff: { type: "exponential", delay: 2000 } };

async function add(inOne) {
  for (let i = 0; i < jobs; i += inOne) {
    if (inOne === 1) await queue.add("nothing", { i }, opts);
    else
      await queue.addBulk(Array.from({ length: Math.min(inOne, jobs - i) }, (_, k) => ({ name: "nothing", data: { i: i + k }, opts })));
  }
}

async function work() {
  let done = 0;
  let all;
  const ended = new Promise((resolve) => (all = resolve));
  const worker = new Worker("bench", async () => {}, {
    connection,
    concurrency: Number(values.concurrency),
    removeOnComplete: { age: 86400, count: 1000 },
    removeOnFail: { age: 604800 },
  });
  worker.on("completed", () => ++done === jobs && all());
  await ended;
  await worker.close();
}

async function timed(task) {
  const begun = process.hrtime.bigint();
  const before = process.cpuUsage();
  await task();
  const used = process.cpuUsage(before);
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
  return {
    seconds: Number(process.hrtime.bigint() - begun) / 1e9,
    cpu_s: (used.user + used.system) / 1e6,
    rss_mb: (Number(peak) * 1024) / 1e6,
  };
}

const tasks = { add: () => timed(() => add(1)), bulk: () => timed(() => add(BULK)), work: () => timed(work) };
console.log(JSON.stringify(await tasks[values.task]()));
await queue.close();
