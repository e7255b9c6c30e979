//! A worker of ours on a Redis, with jobs that do what their data say, as those in Node do.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine_db::jobs::{self, NewJob};
use telecine_db::{Db, Tx};
use telecine_model::{Clock, Failure, FailureCode, JobState, SystemClock};
use telecine_queue::{
    BullMqConfig, BullMqQueues, Job, JobError, QueueConfig, QueueLimits, Registry, Run, TableQueues, Worker,
    WorkerHandle,
};
use telecine_tests::node::Node;
use telecine_tests::redis::Redis;
use tokio::sync::mpsc;

use crate::eventually_async;

/// The queue that ours serves.
pub(super) const QUEUE: &str = "told";
/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a job says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Started { id: String, at_ms: i64 },
    Stopped(String),
}

/// What a run does: the words of tests/interop/processor.mjs, and some that only a test of ours needs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Told {
    pub(super) log: Vec<String>,
    pub(super) progress: Option<f64>,
    pub(super) report: Option<Value>,
    /// Milliseconds to wait before the end.
    pub(super) wait: u64,
    /// Milliseconds of CPU without a pause for others.
    pub(super) burn: u64,
    pub(super) throw: Option<String>,
    pub(super) fail_times: u32,
    pub(super) unrecoverable: Option<String>,
    pub(super) panic: bool,
    pub(super) until_stopped: bool,
    #[serde(rename = "return")]
    pub(super) returned: Value,
    /// Whatever else the data hold.
    #[serde(flatten)]
    pub(super) rest: serde_json::Map<String, Value>,
}

pub(super) struct Context {
    clock: Arc<dyn Clock>,
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
    const NAME: &'static str = "tell";
    const ATTEMPTS: i32 = 1;
    const BACKOFF: Duration = Duration::ZERO;
    const TIMEOUT: Duration = Duration::from_secs(120);
    const CONCURRENCY: usize = 1;

    async fn run(&self, run: &Run, context: &Context) -> Result<(), JobError> {
        let id = self.rest.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let _ = context.events.send(Event::Started { id: id.clone(), at_ms: context.clock.now_ms() });
        for line in &self.log {
            run.log(line).await?;
        }
        if let Some(percent) = self.progress {
            run.set_progress(percent / 100.0);
        }
        if let Some(report) = &self.report {
            run.report(report.clone());
        }
        burn(Duration::from_millis(self.burn), &*context.clock);
        if self.until_stopped {
            run.cancellation().cancelled().await;
            let _ = context.events.send(Event::Stopped(id));
            return Err(JobError::LeaseLost);
        }
        tokio::time::sleep(Duration::from_millis(self.wait)).await;
        assert!(!self.panic, "as the data say");
        if let Some(reason) = &self.unrecoverable {
            return Err(JobError::Fail(failure(reason)));
        }
        if let Some(reason) = &self.throw {
            return Err(JobError::Retry(failure(reason)));
        }
        if run.attempt() <= self.fail_times {
            return Err(JobError::Retry(failure(&format!("failure {}", run.attempt()))));
        }
        run.set_result(self.returned.clone());
        Ok(())
    }
}

/// A kind of another queue.
#[derive(Debug, Serialize, Deserialize)]
struct Other {}

impl Job<Context> for Other {
    const QUEUE: &'static str = "other";
    const NAME: &'static str = "other";
    const ATTEMPTS: i32 = 1;
    const BACKOFF: Duration = Duration::ZERO;
    const TIMEOUT: Duration = Duration::from_secs(1);
    const CONCURRENCY: usize = 1;

    async fn run(&self, _run: &Run, _context: &Context) -> Result<(), JobError> {
        Ok(())
    }
}

fn failure(reason: &str) -> Failure {
    let code = FailureCode::Internal.as_str().to_owned();
    Failure { code, message: reason.to_owned(), detail: Some("the last words of a tool".into()) }
}

fn burn(time: Duration, clock: &dyn Clock) {
    let until = clock.now() + time;
    while clock.now() < until {
        std::hint::spin_loop();
    }
}

/// A Redis, Node, a database, and workers of ours.
pub(super) struct Bench {
    pub(super) redis: Redis,
    pub(super) node: Node,
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    sender: mpsc::UnboundedSender<Event>,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// `None`, with the reason printed, where something is not installed.
    pub(super) async fn start() -> Option<Self> {
        Self::on(Redis::start()?).await
    }

    pub(super) async fn on(redis: Redis) -> Option<Self> {
        let mut node = Node::start(&redis)?;
        // Node needs a second or two to read its libraries.
        node.request(json!({ "command": "ping" })).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("telecine.db").display());
        let db = Db::connect(&SecretString::from(url)).await.unwrap();
        db.migrate().await.unwrap();
        db.keep_outbox();
        let (sender, events) = mpsc::unbounded_channel();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Some(Self { redis, node, db, clock, events, sender, _folder: folder })
    }

    /// A worker with one place.
    pub(super) fn worker(&self) -> WorkerHandle {
        self.worker_with(1, QueueLimits::default())
    }

    /// A worker that hands running jobs back after so many seconds when it ends.
    pub(super) fn worker_with_grace(&self, seconds: u64) -> WorkerHandle {
        self.worker_of("ours", QueueConfig { shutdown_grace_s: seconds, ..QueueConfig::default() })
    }

    /// A worker that serves no queue, but does everything else that a process does.
    pub(super) fn worker_elsewhere(&self) -> WorkerHandle {
        let context = Arc::new(Context { clock: self.clock.clone(), events: self.sender.clone() });
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let registry = Arc::new(Registry::default().with::<Other>());
        let config = QueueConfig { shutdown_grace_s: 0, ..QueueConfig::default() };
        Worker::new("elsewhere".into(), db, clock, context, registry, config).on_bullmq(self.config()).start()
    }

    /// What people do with the queues.
    pub(super) fn queues(&self) -> BullMqQueues<Context> {
        let context = Arc::new(Context { clock: self.clock.clone(), events: self.sender.clone() });
        let registry = Arc::new(Registry::default().with::<Told>());
        let table = TableQueues::new(self.db.clone(), self.clock.clone(), registry, context);
        BullMqQueues::new(table, self.db.clone(), self.clock.clone(), self.config())
    }

    pub(super) fn worker_with(&self, places: usize, limits: QueueLimits) -> WorkerHandle {
        let config = QueueConfig {
            concurrency: [(QUEUE.to_owned(), places)].into(),
            limits: [(QUEUE.to_owned(), limits)].into(),
            shutdown_grace_s: 20,
            ..QueueConfig::default()
        };
        self.worker_of("ours", config)
    }

    pub(super) fn worker_of(&self, name: &str, config: QueueConfig) -> WorkerHandle {
        self.worker_at(name, config, self.config())
    }

    pub(super) fn worker_at(&self, name: &str, config: QueueConfig, bullmq: BullMqConfig) -> WorkerHandle {
        let context = Arc::new(Context { clock: self.clock.clone(), events: self.sender.clone() });
        let registry = Arc::new(Registry::default().with::<Told>());
        Worker::new(name.to_owned(), self.db.clone(), self.clock.clone(), context, registry, config)
            .on_bullmq(bullmq)
            .start()
    }

    pub(super) fn config(&self) -> BullMqConfig {
        BullMqConfig { url: SecretString::from(self.redis.url()), prefix: "bull".into() }
    }

    /// Adds a job here, in the database.
    pub(super) async fn add(&self, job: NewJob) {
        let tx = self.begin().await;
        assert!(jobs::insert(&tx, &job, self.clock.now_ms()).await.unwrap(), "the job is new");
        tx.commit().await.unwrap();
    }

    pub(super) async fn begin(&self) -> Tx {
        self.db.begin().await.unwrap()
    }

    /// The id and the time of the next job that starts.
    pub(super) async fn started(&mut self) -> (String, i64) {
        match self.next().await {
            Event::Started { id, at_ms } => (id, at_ms),
            event => panic!("{event:?} instead of a start"),
        }
    }

    pub(super) async fn next(&mut self) -> Event {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("a job reports in time").expect("the channel is open")
    }

    /// The same with another Redis, or this one started again.
    pub(super) fn with_redis(self, change: impl FnOnce(Redis) -> Redis) -> Self {
        Self { redis: change(self.redis), ..self }
    }

    /// Makes what was handed to Redis look old, so that the reconciler does not take it for being on its way.
    pub(super) async fn let_settle(&self) {
        use sea_orm::ConnectionTrait as _;
        let tx = self.begin().await;
        let long_ago = "UPDATE jobs SET relayed_at = relayed_at - 60000 WHERE relayed_at IS NOT NULL";
        tx.conn().execute_unprepared(long_ago).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The row once it is in this state.
    pub(super) async fn row_in(&self, id: &str, state: JobState) -> jobs::Job {
        let row = async || jobs::find(self.db.read(), id).await.unwrap();
        let found = eventually_async(async || row().await.is_some_and(|row| row.state == state)).await;
        assert!(found, "{id} becomes {state}, it is {:?}", row().await);
        row().await.expect("a row")
    }
}

/// A job to be added here, that says its id when it runs.
pub(super) fn told(id: &str, data: Value) -> NewJob {
    NewJob::new(id, QUEUE, "tell", &with_id(id, data).to_string())
}

/// Data that make the job say this id.
pub(super) fn with_id(id: &str, mut data: Value) -> Value {
    data["id"] = json!(id);
    data
}

/// The id of the row of a job that Node has added.
pub(super) fn row_id(id: &str) -> String {
    format!("{QUEUE}:{id}")
}
