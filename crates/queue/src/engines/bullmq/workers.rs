//! The library's workers, one a queue, with the settings that recover a killed one in time.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bullmq::redis_connection::RedisConnection;
use bullmq::{Error, Job, Queue, RateLimiterOptions, Worker, WorkerOptions};
use futures::FutureExt as _;
use telecine_db::jobs::Limits;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::config::BullMqConfig;
use super::retention;
use super::serving::Serving;
use crate::job::Context;

/// A lock lasts this long without renewal; it is renewed every half of it.
const LOCK: Duration = Duration::from_secs(8);
/// Jobs without a lock are looked for this often, in two steps: a killed worker's job is handed out again within
/// [`LOCK`] and two of these, 14 s.
const STALLED_CHECK: Duration = Duration::from_secs(3);
/// Ours is the limit that counts; see `MAX_STALLED` of the execution.
const MAX_STALLED: u32 = 1000;
/// The wait after Redis failed.
const RETRY: Duration = Duration::from_secs(1);
/// How long an idle worker listens before it asks again.
const DRAIN: Duration = Duration::from_secs(5);
/// Runs get their time to end from whoever stops the worker; this is only a bound for the library.
const CLOSE_TIMEOUT_MS: u64 = 3_600_000;
/// An idle worker that is to end is woken this often until it has.
const WAKE_EVERY: Duration = Duration::from_millis(100);
/// The stream of a queue's events is cut at about this length.
const EVENTS_KEPT: u32 = 2000;

/// The workers of this process.
pub(super) struct Workers {
    control: Handle,
    running: Vec<(String, Arc<Worker>, AbortHandle)>,
}

/// The settings of the worker of one queue.
pub(super) fn options(
    config: &BullMqConfig,
    name: &str,
    places: usize,
    limits: Option<Limits>,
) -> WorkerOptions {
    let options = WorkerOptions::new()
        .connection(config.connection())
        .prefix(&config.prefix)
        .name(name)
        .concurrency(places)
        .lock_duration(LOCK)
        .stalled_interval(STALLED_CHECK)
        .max_stalled_count(MAX_STALLED)
        .run_retry_delay(RETRY)
        .drain_delay(DRAIN)
        .remove_on_complete(retention::completed())
        .remove_on_fail(retention::failed())
        .skip_version_check();
    match limits.and_then(|limits| limits.rate) {
        None => options,
        Some(rate) => {
            let window = Duration::from_millis(u64::try_from(rate.duration_ms).unwrap_or(0));
            options.limiter(RateLimiterOptions::new(u64::from(rate.max), window))
        }
    }
}

/// Bounds the queue's events, and the jobs that run at the same time in all workers, Node's too.
pub(super) async fn limit_everywhere(
    config: &BullMqConfig,
    connection: &RedisConnection,
    queue: &str,
    concurrency: Option<u32>,
) -> Result<(), Error> {
    let mut command = redis::cmd("HSET");
    command.arg(config.keys(queue).meta()).arg("opts.maxLenEvents").arg(EVENTS_KEPT);
    connection.cmd::<i64>(&mut command).await?;
    let Some(concurrency) = concurrency else { return Ok(()) };
    let queue = Queue::with_connection(queue, connection.clone(), config.queue()).await?;
    queue.set_global_concurrency(u64::from(concurrency)).await
}

impl Workers {
    pub(super) fn new(control: Handle) -> Self {
        Self { control, running: Vec::new() }
    }

    /// Starts serving a queue, on the library's runtime.
    pub(super) async fn start<C: Context>(
        &mut self,
        queue: &str,
        serving: Arc<Serving<C>>,
        options: WorkerOptions,
    ) -> Result<(), Error> {
        let processor = move |job: Job, _cancelled_by_the_library| {
            let serving = serving.clone();
            async move {
                let served = AssertUnwindSafe(serving.serve(job)).catch_unwind();
                served.await.unwrap_or_else(|_| Err(broken_off()))
            }
        };
        let name = queue.to_owned();
        let starting = self.control.spawn(async move {
            let worker = Arc::new(Worker::with_options(&name, processor, options).await?);
            let events = tokio::spawn(drain_events(name.clone(), worker.clone())).abort_handle();
            Ok::<_, Error>((name, worker, events))
        });
        self.running.push(starting.await.map_err(|error| Error::ProcessingError(error.to_string()))??);
        Ok(())
    }

    /// Takes no new job, and returns when the running ones have ended.
    pub(super) async fn close(self, config: &BullMqConfig, connection: &RedisConnection) {
        let closing: Vec<_> = self
            .running
            .iter()
            .map(|(_, worker, _)| {
                let worker = worker.clone();
                self.control.spawn(async move { worker.close(CLOSE_TIMEOUT_MS).await })
            })
            .collect();
        let waking = async {
            loop {
                for (queue, ..) in &self.running {
                    wake(config, connection, queue).await;
                }
                tokio::time::sleep(WAKE_EVERY).await;
            }
        };
        tokio::select! {
            _ = futures::future::join_all(closing) => {}
            () = waking => {}
        }
        for (_, _, events) in &self.running {
            events.abort();
        }
    }
}

/// An idle worker listens for a marker; this one says "look again".
async fn wake(config: &BullMqConfig, connection: &RedisConnection, queue: &str) {
    let mut command = redis::cmd("ZADD");
    command.arg(config.keys(queue).marker()).arg(0).arg("0");
    if let Err(error) = connection.cmd::<i64>(&mut command).await {
        tracing::debug!(queue, %error, "an idle worker could not be woken, it ends a little later");
    }
}

/// The library keeps every event until somebody takes it.
async fn drain_events(queue: String, worker: Arc<Worker>) {
    use bullmq::worker::WorkerEvent;
    while let Some(event) = worker.next_event().await {
        match event {
            WorkerEvent::Stalled { job_id } => {
                tracing::warn!(queue, job.id = %job_id, "took over the job of a worker that disappeared");
            }
            WorkerEvent::Error(error) => tracing::debug!(queue, error, "the library reports an error"),
            _ => {}
        }
    }
}

fn broken_off() -> Error {
    // Jobs run in a task of their own inside the execution: this is a defect of the engine itself.
    tracing::error!("serving a job ended in a panic");
    Error::ProcessingError("the worker had a defect; its log has the details".into())
}
