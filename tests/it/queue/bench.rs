//! A worker with jobs that do what the test tells them, and report what happens to them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use telecine_db::{Db, DbError, Tx, jobs};
use telecine_model::{Clock, Failure, FailureCode, ManualClock};
use telecine_queue::{Job, JobError, Kept, QueueConfig, Registry, Run, Worker, WorkerHandle};
use tokio::sync::mpsc;

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest run; shorter than a lease, so that one step of the clock passes it without losing the lease.
pub(super) const TIMEOUT: Duration = Duration::from_secs(11);

/// What jobs report.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Started(String),
    Stopped(String),
    Progressed(String, f64),
    Failed(String, String),
}

/// What a run does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Script {
    Succeed,
    Retry,
    Fail,
    /// Fails, and panics when the failure is noted.
    FailBadly,
    Panic,
    Snooze(u64),
    /// Sets the progress and then waits until it is told to stop.
    WaitAt(f64),
    /// Completes the job in a transaction of its own making.
    CompleteItself,
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

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Scripted {
    pub(super) id: String,
    pub(super) script: Script,
}

impl Job<Context> for Scripted {
    const QUEUE: &'static str = "scripted";
    const NAME: &'static str = "scripted";
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = TIMEOUT;
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::ForPeople;

    fn id(&self) -> String {
        self.id.clone()
    }

    fn subject(&self) -> Option<String> {
        Some(format!("subject of {}", self.id))
    }

    fn priority(&self) -> i32 {
        if self.id.starts_with("can wait") { 10 } else { 0 }
    }

    async fn run(&self, run: &Run, context: &Context) -> Result<(), JobError> {
        let _ = context.events.send(Event::Started(self.id.clone()));
        match &self.script {
            Script::Succeed => Ok(()),
            Script::Retry => Err(JobError::Retry(FailureCode::StorageUnavailable.into())),
            Script::Fail | Script::FailBadly => Err(JobError::Fail(FailureCode::NotMedia.into())),
            Script::Panic => panic!("as the script says"),
            Script::Snooze(seconds) => Err(JobError::Snooze(Duration::from_secs(*seconds))),
            Script::CompleteItself => run.complete(run.begin().await?).await,
            Script::WaitAt(progress) => {
                run.set_progress(*progress);
                run.cancellation().cancelled().await;
                let _ = context.events.send(Event::Stopped(self.id.clone()));
                Err(JobError::LeaseLost)
            }
        }
    }

    async fn progressed(&self, _tx: &Tx, context: &Context, progress: f64) -> Result<(), DbError> {
        let _ = context.events.send(Event::Progressed(self.id.clone(), progress));
        Ok(())
    }

    async fn failed(&self, _tx: &Tx, context: &Context, failure: &Failure) -> Result<(), DbError> {
        assert!(!matches!(self.script, Script::FailBadly), "as the script says");
        let _ = context.events.send(Event::Failed(self.id.clone(), failure.code.clone()));
        Ok(())
    }
}

/// A database, a clock and workers.
pub(super) struct Bench {
    pub(super) db: Db,
    pub(super) clock: Arc<ManualClock>,
    events: mpsc::UnboundedReceiver<Event>,
    sender: mpsc::UnboundedSender<Event>,
}

impl Bench {
    pub(super) fn new(db: Db) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_second(1_800_000_000).unwrap()));
        Self { db, clock, events, sender }
    }

    pub(super) fn worker(&self, name: &str) -> WorkerHandle {
        let context = Arc::new(Context { events: self.sender.clone() });
        let config = QueueConfig { shutdown_grace_s: 0, ..QueueConfig::default() };
        let registry = Arc::new(Registry::default().with::<Scripted>());
        Worker::new(name.to_owned(), self.db.clone(), self.clock.clone(), context, registry, config).start()
    }

    pub(super) async fn add(&self, id: &str, script: Script) -> bool {
        self.add_at(id, script, 0).await
    }

    pub(super) async fn add_at(&self, id: &str, script: Script, in_seconds: i64) -> bool {
        let tx = self.db.begin().await.unwrap();
        let job = Scripted { id: id.to_owned(), script };
        let at = self.clock.now_ms() + in_seconds * 1000;
        let added = telecine_queue::add_at(&tx, &*self.clock, &job, at).await.unwrap();
        tx.commit().await.unwrap();
        added
    }

    /// The next event.
    pub(super) async fn next(&mut self) -> Event {
        tokio::time::timeout(PATIENCE, self.events.recv())
            .await
            .expect("a job reports in time")
            .expect("the channel is open")
    }

    pub(super) async fn expect(&mut self, expected: Event) {
        assert_eq!(self.next().await, expected);
    }

    /// Waits until the job's row looks as wanted; the worker writes it a moment after the job has reported.
    pub(super) async fn until(&self, id: &str, wanted: impl Fn(&jobs::Job) -> bool) -> jobs::Job {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(job) = jobs::find(self.db.read(), id).await.unwrap()
                    && wanted(&job)
                {
                    return job;
                }
                tokio::task::yield_now().await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("the job {id} does not become what the test waits for"))
    }

    pub(super) async fn until_state(&self, id: &str, state: &str) -> jobs::Job {
        self.until(id, |job| job.state == state).await
    }

    pub(super) async fn until_gone(&self, id: &str) {
        let gone = async {
            while jobs::find(self.db.read(), id).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("the row goes");
    }

    /// Whether nothing has been reported.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.events.try_recv().is_err()
    }
}

pub(super) fn started(id: &str) -> Event {
    Event::Started(id.to_owned())
}
