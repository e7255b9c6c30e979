//! One engine in a process of its own: does one task, prints what it took as one line of JSON, and ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use telecine_db::Db;
use telecine_db::jobs::{self, NewJob};
use telecine_model::{Clock, SystemClock};
use telecine_queue::{Job, JobError, Kept, QueueConfig, Registry, Run, Worker, WorkerHandle};
use tokio::sync::{Notify, mpsc};

use super::Task;
use crate::bench::process::{own_cpu_s, own_peak_rss_mb};

/// Jobs of one bulk.
const BULK: usize = 1000;
/// Rest between two jobs whose pickup is timed, so that the worker is idle again.
const PICKUP_REST: Duration = Duration::from_millis(20);

/// What the process is to do.
#[derive(Debug, Args)]
pub(crate) struct ContenderArgs {
    /// The database
    #[arg(long)]
    database: String,
    /// The Redis, for the engine on BullMQ
    #[arg(long)]
    redis: Option<String>,
    /// What to do
    #[arg(long)]
    task: Task,
    /// With how many jobs
    #[arg(long)]
    jobs: usize,
    /// How many at the same time
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
}

/// Counts runs and tells when the last one has begun.
struct Context {
    done: AtomicU64,
    wanted: u64,
    all: Notify,
    started: mpsc::UnboundedSender<Instant>,
}

impl telecine_queue::Context for Context {
    type Bookkeeping = Self;

    fn bookkeeping(&self) -> &Self {
        self
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Nothing {
    i: usize,
}

impl Job<Context> for Nothing {
    const QUEUE: &'static str = "bench";
    const NAME: &'static str = "nothing";
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(2);
    const TIMEOUT: Duration = Duration::from_secs(60);
    const CONCURRENCY: usize = 1;
    const KEPT: Kept = Kept::ForPeople;

    async fn run(&self, _run: &Run, context: &Context) -> Result<(), JobError> {
        let _ = context.started.send(Instant::now());
        if context.done.fetch_add(1, Ordering::Relaxed) + 1 == context.wanted {
            context.all.notify_one();
        }
        Ok(())
    }
}

/// Does the task and prints `{seconds, cpu_s, rss_mb, …}`.
pub(crate) fn run(args: &ContenderArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let figures = runtime.block_on(task(args))?;
    println!("{figures}");
    Ok(())
}

async fn task(args: &ContenderArgs) -> anyhow::Result<serde_json::Value> {
    anyhow::ensure!(args.redis.is_none(), "the engine on BullMQ is not built in");
    let db = Db::connect(&args.database.clone().into()).await?;
    db.migrate().await?;
    match args.task {
        Task::Add => timed(async { add(&db, args.jobs, 1).await }).await,
        Task::Bulk => timed(async { add(&db, args.jobs, BULK).await }).await,
        Task::Work => {
            add(&db, args.jobs, BULK).await?;
            let (worker, context, _started) = worker(&db, args, args.jobs);
            timed(async {
                let worker = worker.start();
                context.all.notified().await;
                worker.shutdown().await;
                Ok(())
            })
            .await
        }
        Task::Pickup => pickup(&db, args).await,
        Task::Idle => {
            let (worker, _context, _started) = worker(&db, args, 0);
            let worker = worker.start();
            let figures = timed(async {
                tokio::time::sleep(Duration::from_secs(args.jobs as u64)).await;
                Ok(())
            });
            let figures = figures.await;
            worker.shutdown().await;
            figures
        }
    }
}

async fn timed(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<serde_json::Value> {
    let (begun, cpu) = (Instant::now(), own_cpu_s()?);
    work.await?;
    let (seconds, cpu_s) = (begun.elapsed().as_secs_f64(), own_cpu_s()? - cpu);
    Ok(json!({ "seconds": seconds, "cpu_s": cpu_s, "rss_mb": own_peak_rss_mb()? }))
}

async fn add(db: &Db, count: usize, in_one: usize) -> anyhow::Result<()> {
    let rows: Vec<NewJob> = (0..count)
        .map(|i| telecine_queue::row::<Context, _>(&SystemClock, &Nothing { i }))
        .collect::<Result<_, _>>()?;
    for chunk in rows.chunks(in_one) {
        let tx = db.begin().await?;
        jobs::insert_many(&tx, chunk, SystemClock.now_ms()).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn worker(
    db: &Db,
    args: &ContenderArgs,
    wanted: usize,
) -> (Worker<Context>, Arc<Context>, mpsc::UnboundedReceiver<Instant>) {
    let (started, starts) = mpsc::unbounded_channel();
    let context =
        Arc::new(Context { done: AtomicU64::new(0), wanted: wanted as u64, all: Notify::new(), started });
    let config = QueueConfig {
        concurrency: [(Nothing::QUEUE.to_owned(), args.concurrency)].into(),
        ..QueueConfig::default()
    };
    let registry = Arc::new(Registry::default().with::<Nothing>());
    let clock = Arc::new(SystemClock);
    (Worker::new("bench".into(), db.clone(), clock, context.clone(), registry, config), context, starts)
}

/// Adds one job at a time to an idle worker; milliseconds from before the add to the start of the run.
async fn pickup(db: &Db, args: &ContenderArgs) -> anyhow::Result<serde_json::Value> {
    let (worker, _context, mut starts) = worker(db, args, 0);
    let worker: WorkerHandle = worker.start();
    let mut waits = Vec::with_capacity(args.jobs);
    for i in 0..=args.jobs {
        tokio::time::sleep(PICKUP_REST).await;
        let row = telecine_queue::row::<Context, _>(&SystemClock, &Nothing { i })?;
        let begun = Instant::now();
        let tx = db.begin().await?;
        jobs::insert(&tx, &row, SystemClock.now_ms()).await?;
        tx.commit().await?;
        let started = starts.recv().await.context("the worker runs")?;
        // The first one warms up statements and connections.
        if i > 0 {
            waits.push(started.duration_since(begun).as_secs_f64() * 1e3);
        }
    }
    worker.shutdown().await;
    waits.sort_by(f64::total_cmp);
    let at = |share: usize| waits[(waits.len() * share / 100).min(waits.len() - 1)];
    Ok(json!({ "p50_ms": at(50), "p99_ms": at(99), "max_ms": waits[waits.len() - 1] }))
}
