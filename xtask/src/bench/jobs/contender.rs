//! One engine in a process of its own: does one task, prints what it took as one line of JSON, and ends. Whoever works
//! off jobs finds them there; another process has added them.

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
use telecine_queue::{BullMqConfig, Job, JobError, Kept, QueueConfig, Registry, Run, Worker, WorkerHandle};
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

impl Context {
    fn new(wanted: usize) -> (Arc<Self>, mpsc::UnboundedReceiver<Instant>) {
        let (started, starts) = mpsc::unbounded_channel();
        let (done, wanted) = (AtomicU64::new(0), wanted as u64);
        (Arc::new(Self { done, wanted, all: Notify::new(), started }), starts)
    }
}

fn kinds() -> Registry<Context> {
    Registry::default().with::<Nothing>()
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

/// A kind of another queue: a process that knows only this one works on nothing here, and relays.
#[derive(Debug, Serialize, Deserialize)]
struct Elsewhere {}

impl Job<Context> for Elsewhere {
    const QUEUE: &'static str = "elsewhere";
    const NAME: &'static str = "elsewhere";
    const ATTEMPTS: i32 = 1;
    const BACKOFF: Duration = Duration::ZERO;
    const TIMEOUT: Duration = Duration::from_secs(1);
    const CONCURRENCY: usize = 1;

    async fn run(&self, _run: &Run, _context: &Context) -> Result<(), JobError> {
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
    let db = Db::connect(&args.database.clone().into()).await?;
    db.migrate().await?;
    if args.redis.is_some() {
        db.keep_outbox();
    }
    match args.task {
        Task::Add => adding(&db, args, 1).await,
        Task::Bulk => adding(&db, args, BULK).await,
        Task::Work => {
            let (context, _started) = Context::new(args.jobs);
            timed(async {
                let worker = start(&db, args, kinds(), context.clone());
                context.all.notified().await;
                worker.shutdown().await;
                Ok(())
            })
            .await
        }
        Task::Pickup => pickup(&db, args).await,
        Task::Idle => {
            let worker = start(&db, args, kinds(), Context::new(0).0);
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

/// Adds the jobs; with Redis, until every one of them is there.
async fn adding(db: &Db, args: &ContenderArgs, in_one: usize) -> anyhow::Result<serde_json::Value> {
    let registry = Registry::default().with::<Elsewhere>();
    let relay = args.redis.is_some().then(|| start(db, args, registry, Context::new(0).0));
    let figures = timed(async {
        add(db, args.jobs, in_one).await?;
        while args.redis.is_some() && !jobs::unrelayed(db.read(), 1).await?.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    });
    let figures = figures.await;
    if let Some(relay) = relay {
        relay.shutdown().await;
    }
    figures
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

fn start(db: &Db, args: &ContenderArgs, registry: Registry<Context>, context: Arc<Context>) -> WorkerHandle {
    let config = QueueConfig {
        concurrency: [(Nothing::QUEUE.to_owned(), args.concurrency)].into(),
        ..QueueConfig::default()
    };
    let worker =
        Worker::new("bench".into(), db.clone(), Arc::new(SystemClock), context, Arc::new(registry), config);
    match &args.redis {
        None => worker.start(),
        Some(url) => {
            worker.on_bullmq(BullMqConfig { url: url.clone().into(), prefix: "bull".into() }).start()
        }
    }
}

/// Adds one job at a time to an idle worker; milliseconds from before the add to the start of the run.
async fn pickup(db: &Db, args: &ContenderArgs) -> anyhow::Result<serde_json::Value> {
    let (context, mut starts) = Context::new(0);
    let worker = start(db, args, kinds(), context);
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
