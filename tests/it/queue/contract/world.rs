//! An engine with its database, and jobs that do what their data say. Time is real: Redis has no other.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine_db::jobs::{self, Counts, Filter, NewJob, OnChildFailure};
use telecine_db::{Db, DbError, Tx};
use telecine_model::{Clock, Failure, FailureCode, JobState, SystemClock};
use telecine_queue::{
    BullMqConfig, BullMqQueues, Job, JobError, QueueConfig, QueueLimits, Queues, Registry, Run, TableQueues,
    Worker, WorkerHandle,
};
use telecine_tests::database::{self, TestDatabase};
use telecine_tests::redis::Redis;
use tokio::sync::mpsc;

use crate::eventually_async;

/// The queue of all jobs here.
pub(super) const QUEUE: &str = "contract";
/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a job says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Started { id: String, at_ms: i64 },
    Stopped(String),
    Failed { id: String, code: String },
    Retried(String),
}

/// What a run does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    id: String,
    log: Vec<String>,
    progress: Option<f64>,
    report: Option<Value>,
    /// Fails so often with a failure that passes.
    fail_times: u32,
    /// Fails for good.
    hopeless: bool,
    panic: bool,
    /// Goes on until it is told to stop.
    endless: bool,
    /// Milliseconds.
    wait: u64,
    returned: Value,
    /// Returns what its children have returned.
    gather: bool,
    /// The jobs that the first run adds and waits for, each of them told this.
    wait_for: Vec<Value>,
}

pub(super) struct Context {
    events: mpsc::UnboundedSender<Event>,
}

impl telecine_queue::Context for Context {
    type Bookkeeping = Self;

    fn bookkeeping(&self) -> &Self {
        self
    }
}

impl Job<Context> for Told {
    const QUEUE: &'static str = QUEUE;
    const NAME: &'static str = "told";
    const ATTEMPTS: i32 = 1;
    const BACKOFF: Duration = Duration::ZERO;
    const TIMEOUT: Duration = Duration::from_secs(120);
    const CONCURRENCY: usize = 4;

    async fn run(&self, run: &Run, context: &Context) -> Result<(), JobError> {
        let (id, at_ms) = (self.id.clone(), SystemClock.now_ms());
        let _ = context.events.send(Event::Started { id: id.clone(), at_ms });
        for line in &self.log {
            run.log(line).await?;
        }
        if let Some(share) = self.progress {
            run.set_progress(share);
        }
        if let Some(report) = &self.report {
            run.report(report.clone());
        }
        if self.endless {
            run.cancellation().cancelled().await;
            let _ = context.events.send(Event::Stopped(id));
            return Err(JobError::LeaseLost);
        }
        tokio::time::sleep(Duration::from_millis(self.wait)).await;
        assert!(!self.panic, "as the data say");
        if self.hopeless {
            return Err(JobError::Fail(failure("hopeless")));
        }
        if run.attempt() <= self.fail_times {
            return Err(JobError::Retry(failure(&format!("failure {}", run.attempt()))));
        }
        if !self.wait_for.is_empty() && run.children().await?.is_empty() {
            let children = self.wait_for.iter().enumerate();
            let child = |(index, data): (usize, &Value)| told(&format!("{}-{index}", self.id), data.clone());
            let children = children.map(|child_of| (child(child_of), OnChildFailure::Ignore)).collect();
            let tx = run.begin().await?;
            return run.wait_for(tx, children).await;
        }
        if self.gather {
            let children = run.children().await?.into_iter();
            let returned = children.map(|child| json!([child.id, child.state.as_str(), child.result]));
            run.set_result(returned.collect());
        } else {
            run.set_result(self.returned.clone());
        }
        Ok(())
    }

    async fn failed(&self, _tx: &Tx, context: &Context, failure: &Failure) -> Result<(), DbError> {
        let _ = context.events.send(Event::Failed { id: self.id.clone(), code: failure.code.clone() });
        Ok(())
    }

    async fn retried(&self, _tx: &Tx, context: &Context) -> Result<(), DbError> {
        let _ = context.events.send(Event::Retried(self.id.clone()));
        Ok(())
    }
}

fn failure(reason: &str) -> Failure {
    let code = FailureCode::Internal.as_str().to_owned();
    Failure { code, message: reason.to_owned(), detail: Some("the last words of a tool".into()) }
}

/// An engine and what it stands on.
pub(super) struct World {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    events: mpsc::UnboundedReceiver<Event>,
    sender: mpsc::UnboundedSender<Event>,
    redis: Option<Redis>,
    _database: TestDatabase,
}

impl World {
    /// The embedded engine on SQLite.
    pub(super) async fn on_sqlite() -> Option<Self> {
        Some(Self::on(database::sqlite().await?, None))
    }

    /// The embedded engine on PostgreSQL; `None`, with the reason printed, where there is none.
    pub(super) async fn on_postgresql() -> Option<Self> {
        Some(Self::on(database::postgresql().await?, None))
    }

    /// The engine on BullMQ; `None`, with the reason printed, where there is no Redis.
    pub(super) async fn on_bullmq() -> Option<Self> {
        let redis = Redis::start()?;
        Some(Self::on(database::sqlite().await?, Some(redis)))
    }

    fn on(database: TestDatabase, redis: Option<Redis>) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (db, clock) = (database.db.clone(), Arc::new(SystemClock));
        if redis.is_some() {
            db.keep_outbox();
        }
        Self { db, clock, events, sender, redis, _database: database }
    }

    /// A worker with four places.
    pub(super) fn worker(&self) -> WorkerHandle {
        self.worker_with(4, QueueLimits::default())
    }

    pub(super) fn worker_with(&self, places: usize, limits: QueueLimits) -> WorkerHandle {
        self.worker_called("ours", places, limits, 20)
    }

    /// A worker of this name, that hands running jobs back after `grace_s` when it ends.
    pub(super) fn worker_called(
        &self,
        name: &str,
        places: usize,
        limits: QueueLimits,
        grace_s: u64,
    ) -> WorkerHandle {
        let config = QueueConfig {
            concurrency: [(QUEUE.to_owned(), places)].into(),
            limits: [(QUEUE.to_owned(), limits)].into(),
            shutdown_grace_s: grace_s,
            ..QueueConfig::default()
        };
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let worker = Worker::new(name.to_owned(), db, clock, self.context(), registry(), config);
        match self.bullmq() {
            Some(bullmq) => worker.on_bullmq(bullmq).start(),
            None => worker.start(),
        }
    }

    /// What people do with the queues.
    pub(super) fn queues(&self) -> Box<dyn Queues> {
        let table = TableQueues::new(self.db.clone(), self.clock.clone(), registry(), self.context());
        match self.bullmq() {
            Some(bullmq) => Box::new(BullMqQueues::new(table, self.db.clone(), self.clock.clone(), bullmq)),
            None => Box::new(table),
        }
    }

    fn context(&self) -> Arc<Context> {
        Arc::new(Context { events: self.sender.clone() })
    }

    fn bullmq(&self) -> Option<BullMqConfig> {
        let redis = self.redis.as_ref()?;
        Some(BullMqConfig { url: redis.url().into(), prefix: "bull".into() })
    }

    pub(super) async fn add(&self, job: NewJob) -> bool {
        self.add_all(&[job]).await == 1
    }

    /// Adds jobs in one transaction; how many are new.
    pub(super) async fn add_all(&self, new: &[NewJob]) -> usize {
        let tx = self.db.begin().await.unwrap();
        let added = jobs::insert_many(&tx, new, self.clock.now_ms()).await.unwrap();
        tx.commit().await.unwrap();
        added.len()
    }

    pub(super) async fn next(&mut self) -> Event {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("a job reports in time").expect("the channel is open")
    }

    pub(super) async fn expect(&mut self, expected: Event) {
        assert_eq!(self.next().await, expected);
    }

    /// The id and the time of the next job that starts.
    pub(super) async fn started(&mut self) -> (String, i64) {
        match self.next().await {
            Event::Started { id, at_ms } => (id, at_ms),
            event => panic!("{event:?} instead of a start"),
        }
    }

    /// The ids of the next jobs that start.
    pub(super) async fn starts(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.started().await.0);
        }
        ids
    }

    /// Whether nothing has been reported.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.events.try_recv().is_err()
    }

    /// The row once it looks as wanted.
    pub(super) async fn until(&self, id: &str, wanted: impl Fn(&jobs::Job) -> bool) -> jobs::Job {
        let row = async || jobs::find(self.db.read(), id).await.unwrap();
        let found = eventually_async(async || row().await.is_some_and(|row| wanted(&row))).await;
        assert!(found, "{id} does not become what the test waits for: {:?}", row().await);
        row().await.expect("a row")
    }

    pub(super) async fn until_state(&self, id: &str, state: JobState) -> jobs::Job {
        self.until(id, |row| row.state == state).await
    }

    /// The counts of the queue once they are as wanted: Redis and rows agree a moment later.
    pub(super) async fn until_counts(&self, wanted: impl Fn(&Counts) -> bool) {
        let queues = self.queues();
        let counts = async || queues.overview().await.unwrap().remove(QUEUE).unwrap_or_default().counts;
        let found = eventually_async(async || wanted(&counts().await)).await;
        assert!(found, "the counts do not become what the test waits for: {:?}", counts().await);
    }

    /// When every job is where workers take it: Redis learns of a row a moment after it was written.
    pub(super) async fn until_handed_over(&self) {
        let waiting = async || jobs::unrelayed(self.db.read(), 100).await.unwrap();
        let is_done = eventually_async(async || waiting().await.is_empty()).await;
        assert!(is_done, "these stay in the database: {:?}", waiting().await);
    }

    /// The ids of the jobs in this state.
    pub(super) async fn listed(&self, state: JobState, text: Option<&str>) -> Vec<String> {
        let filter = Filter {
            queue: Some(QUEUE.to_owned()),
            states: vec![state],
            text: text.map(str::to_owned),
            offset: 0,
            limit: 100,
        };
        let jobs = self.queues().list(&filter).await.unwrap();
        jobs.into_iter().map(|job| job.id).collect()
    }
}

fn registry() -> Arc<Registry<Context>> {
    Arc::new(Registry::default().with::<Told>())
}

/// A job that does what the data say.
pub(super) fn told(id: &str, mut data: Value) -> NewJob {
    data["id"] = json!(id);
    NewJob::new(id, QUEUE, "told", &data.to_string())
}

/// Runs one async function as a test on each engine.
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => { $(
        mod $test {
            use super::World;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                if let Some(world) = World::on_sqlite().await { super::$test(world).await; }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgresql() {
                if let Some(world) = World::on_postgresql().await { super::$test(world).await; }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn bullmq() {
                if let Some(world) = World::on_bullmq().await { super::$test(world).await; }
            }
        }
    )+ };
}
pub(super) use on_every_engine;
