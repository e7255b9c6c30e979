//! Jobs through a storm: workers, Redis and PostgreSQL are killed, suspended, wiped and set wrong. Every job ends completed
//! or failed, none has its effect twice, and none is stuck once the weather is fine again. A job that npm has added is
//! lost with a Redis that forgets it before it is claimed, and only then.
//!
//! The workers are processes of this very binary: the ignored test [`worker_process`] is what they run.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rustix::process::Signal;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine_db::jobs::{self, Backoff, NewJob};
use telecine_db::{Db, DbError, ServerClock};
use telecine_model::{Clock, FailureCode, JobState, SystemClock};
use telecine_queue::{BullMqConfig, Job, JobError, QueueConfig, Registry, Run, Worker};
use telecine_tests::child::{OwnedChild, owned};
use telecine_tests::clock::WrongClock;
use telecine_tests::node::Node;
use telecine_tests::postgres::Postgres;
use telecine_tests::redis::Redis;
use telecine_tests::resume::Random;

const QUEUE: &str = "storm";
/// Faults of one storm, and seeds.
const SHORT: (usize, u64) = (10, 1);
const SOAK: (usize, u64) = (40, 5);
const WORKERS: usize = 3;
const JOBS_A_POINT: usize = 8;
/// Jobs that npm adds beside them.
const NPM_JOBS_A_POINT: usize = 4;
/// How long npm may take to add its jobs while Redis is well.
const NPM_PATIENCE: Duration = Duration::from_secs(2);
/// Jobs that end between two faults, if they do within [`POINT`].
const ENDS_A_POINT: u64 = 5;
const POINT: Duration = Duration::from_secs(3);
/// No job is stuck for longer than this once the last fault is over.
const STUCK: Duration = Duration::from_secs(60);
/// What a worker process is told by its environment.
const TOLD: &str = "TELECINE_STORM_WORKER";

/// What a worker process works on.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Orders {
    name: String,
    database: String,
    redis: Option<String>,
    wrong_by_s: i64,
}

/// A job whose effect can be counted.
#[derive(Debug, Serialize, Deserialize)]
struct Stormy {
    id: String,
    wait_ms: u64,
    fail_times: u32,
    hopeless: bool,
}

struct Nothing;

impl telecine_queue::Context for Nothing {
    type Bookkeeping = Self;

    fn bookkeeping(&self) -> &Self {
        self
    }
}

impl Job<Nothing> for Stormy {
    const QUEUE: &'static str = QUEUE;
    const NAME: &'static str = "stormy";
    const ATTEMPTS: i32 = 5;
    const BACKOFF: Duration = Duration::from_millis(200);
    const TIMEOUT: Duration = Duration::from_secs(30);
    const CONCURRENCY: usize = 3;

    async fn run(&self, run: &Run, _context: &Nothing) -> Result<(), JobError> {
        run.set_progress(0.5);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(self.wait_ms)) => {}
            () = run.cancellation().cancelled() => return Err(JobError::LeaseLost),
        }
        if self.hopeless {
            return Err(JobError::Fail(FailureCode::NotMedia.into()));
        }
        if run.attempt() <= self.fail_times {
            return Err(JobError::Retry(FailureCode::StorageUnavailable.into()));
        }
        let tx = run.begin().await?;
        let effect = "INSERT INTO effects (job_id, times) VALUES ($1, 1) \
                      ON CONFLICT (job_id) DO UPDATE SET times = effects.times + 1";
        let effect = Statement::from_sql_and_values(
            tx.conn().get_database_backend(),
            effect,
            [self.id.as_str().into()],
        );
        tx.conn().execute_raw(effect).await.map_err(DbError::from)?;
        run.complete(tx).await
    }
}

/// What a worker of a storm runs until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of the storms, which start it"]
#[expect(clippy::disallowed_methods, reason = "its parent tells it by the environment what to work on")]
async fn worker_process() {
    let Ok(orders) = std::env::var(TOLD) else { return };
    let Orders { name, database, redis, wrong_by_s } = serde_json::from_str(&orders).unwrap();
    let db = Db::connect(&database.into()).await.unwrap();
    let machine = Arc::new(WrongClock(SignedDuration::from_secs(wrong_by_s)));
    let clock = ServerClock::of(&db, machine).await.unwrap();
    let registry = Arc::new(Registry::default().with::<Stormy>());
    let worker = Worker::new(name, db.clone(), clock, Arc::new(Nothing), registry, QueueConfig::default());
    let worker = match redis {
        None => worker,
        Some(url) => {
            db.keep_outbox();
            worker.on_bullmq(BullMqConfig { url: url.into(), prefix: "bull".into() })
        }
    };
    let mut running = worker.start();
    println!("works");
    running.ended().await;
}

/// What can go wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    KillWorker(usize),
    SuspendWorker(usize),
    KillPostgres,
    KillRedis,
    FreezeRedis,
    FlushRedis,
}

struct Storm {
    random: Random,
    db: Db,
    database: String,
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    workers: Vec<OwnedChild>,
    /// Suspended workers and the points that are left until they go on.
    suspended: Vec<(usize, usize)>,
    added: Vec<String>,
    /// A producer in Node, where there is a Redis.
    npm: Option<Node>,
    from_npm: Vec<FromNpm>,
    _folder: tempfile::TempDir,
}

/// A job that npm has added, and that only Redis knows until it is claimed.
struct FromNpm {
    id: String,
    /// Redis may have forgotten it, or never heard of it.
    may_be_lost: bool,
}

impl Storm {
    async fn on(seed: u64, postgres: Option<Postgres>, redis: Option<Redis>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("storm.sqlite");
        let database =
            postgres.as_ref().map_or_else(|| format!("sqlite://{}", file.display()), Postgres::url);
        let db = Db::connect(&database.clone().into()).await.unwrap();
        db.migrate().await.unwrap();
        if redis.is_some() {
            db.keep_outbox();
        }
        let effects = "CREATE TABLE effects (job_id TEXT NOT NULL PRIMARY KEY, times INTEGER NOT NULL)";
        db.read().execute_unprepared(effects).await.unwrap();
        let npm = redis.as_ref().and_then(Node::start);
        let mut storm = Self {
            random: Random::new(seed),
            db,
            database,
            postgres,
            redis,
            workers: Vec::new(),
            suspended: Vec::new(),
            added: Vec::new(),
            npm,
            from_npm: Vec::new(),
            _folder: folder,
        };
        for place in 0..WORKERS {
            let worker = storm.start_worker(place);
            storm.workers.push(worker);
        }
        storm
    }

    /// The last one's clock is wrong by an hour where the database server tells the time.
    fn start_worker(&self, place: usize) -> OwnedChild {
        let wrong_by_s = if place + 1 == WORKERS && self.postgres.is_some() { 3600 } else { 0 };
        let redis = self.redis.as_ref().map(Redis::url);
        let name = format!("worker-{place}");
        let orders = Orders { name, database: self.database.clone(), redis, wrong_by_s };
        let mut command = owned(std::env::current_exe().unwrap());
        command
            .args(["--exact", "queue::chaos::worker_process", "--ignored", "--nocapture", "--test-threads=1"])
            .env(TOLD, serde_json::to_string(&orders).unwrap());
        let mut child = OwnedChild::spawn(command.stdout(Stdio::piped()));
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let works = lines.by_ref().map_while(Result::ok).any(|line| line.contains("works"));
        assert!(works, "a worker process starts");
        child
    }

    async fn blow(&mut self, points: usize) {
        for point in 0..points {
            self.add_jobs(point).await;
            self.add_jobs_from_npm(point).await;
            self.let_some_end().await;
            self.wake_suspended().await;
            let fault = self.next_fault();
            println!("point {point}: {fault:?}");
            self.strike(fault);
        }
        self.wake_all().await;
    }

    fn is_on_sqlite(&self) -> bool {
        self.postgres.is_none()
    }

    async fn add_jobs(&mut self, point: usize) {
        let jobs: Vec<NewJob> =
            (0..JOBS_A_POINT).map(|number| self.job(&format!("job-{point}-{number}"))).collect();
        self.added.extend(jobs.iter().map(|job| job.id.clone()));
        // The database may be on its way up again; adding twice is adding once.
        let db = self.db.clone();
        let add = async || {
            let tx = db.begin().await?;
            jobs::insert_many(&tx, &jobs, SystemClock.now_ms()).await?;
            tx.commit().await
        };
        if add().await.is_err() && self.is_on_sqlite() {
            // A worker that was suspended in the middle of a transaction has SQLite's one lock until it goes on.
            self.wake_all().await;
        }
        let added = crate::eventually_async(async || add().await.is_ok());
        assert!(added.await, "the database comes back");
    }

    async fn add_jobs_from_npm(&mut self, point: usize) {
        let Some(mut npm) = self.npm.take() else { return };
        let ids: Vec<String> = (0..NPM_JOBS_A_POINT).map(|number| format!("npm-{point}-{number}")).collect();
        let mut job = |id: &String| {
            let opts =
                json!({ "jobId": id, "attempts": 5, "backoff": { "type": "exponential", "delay": 200 } });
            json!({ "name": "stormy", "data": self.data(id, false), "opts": opts })
        };
        let jobs: Vec<Value> = ids.iter().map(&mut job).collect();
        let mut queue = npm.queue(6, QUEUE);
        let adding = queue.try_call("addBulk", json!({ "jobs": jobs }));
        let may_be_lost = !matches!(tokio::time::timeout(NPM_PATIENCE, adding).await, Ok(Ok(_)));
        self.from_npm.extend(ids.into_iter().map(|id| FromNpm { id, may_be_lost }));
        self.npm = Some(npm);
    }

    /// Some wait a while, some fail at first.
    fn data(&mut self, id: &str, may_be_hopeless: bool) -> Value {
        let (kind, wait_ms) = (self.random.between(0, 10), self.random.between(0, 400));
        let (fail_times, hopeless) = (if kind < 2 { 2 } else { 0 }, kind == 9 && may_be_hopeless);
        json!({ "id": id, "wait_ms": wait_ms, "fail_times": fail_times, "hopeless": hopeless })
    }

    fn job(&mut self, id: &str) -> NewJob {
        let data = self.data(id, true);
        let backoff = Backoff { jitter: 0.5, ..Backoff::exponential(200) };
        let priority = i32::try_from(self.random.between(0, 3)).unwrap();
        NewJob { max_attempts: 5, backoff, priority, ..NewJob::new(id, QUEUE, "stormy", &data.to_string()) }
    }

    async fn let_some_end(&self) {
        let before = self.ended().await.unwrap_or(0);
        let some = async {
            while self.ended().await.unwrap_or(0) < before + ENDS_A_POINT {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        // With everybody suspended nothing ends; the storm goes on all the same.
        let _ = tokio::time::timeout(POINT, some).await;
    }

    async fn ended(&self) -> Option<u64> {
        let counts = jobs::counts(self.db.read(), QUEUE).await.ok()?;
        Some(counts.completed + counts.failed)
    }

    fn next_fault(&mut self) -> Fault {
        let place = usize::try_from(self.random.between(0, WORKERS as u64)).unwrap();
        let mut faults =
            vec![Fault::KillWorker(place), Fault::KillWorker(place), Fault::SuspendWorker(place)];
        if self.postgres.is_some() {
            faults.push(Fault::KillPostgres);
        }
        if self.redis.is_some() {
            faults.extend([Fault::KillRedis, Fault::FreezeRedis, Fault::FlushRedis, Fault::FlushRedis]);
        }
        faults[usize::try_from(self.random.between(0, faults.len() as u64)).unwrap()]
    }

    fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::KillWorker(place) => {
                self.suspended.retain(|(suspended, _)| *suspended != place);
                let heir = |storm: &Self| storm.start_worker(place);
                self.workers[place].signal(Signal::KILL);
                self.workers[place] = heir(self);
            }
            Fault::SuspendWorker(place) => {
                self.workers[place].signal(Signal::STOP);
                // Long enough for a lease to run out, at three seconds a point.
                self.suspended.push((place, 6));
            }
            Fault::KillPostgres => {
                self.postgres = self.postgres.take().map(Postgres::killed_and_started_again);
            }
            Fault::KillRedis => {
                self.redis = self.redis.take().map(Redis::killed_and_started_again);
                self.lose_jobs_of_npm();
            }
            Fault::FreezeRedis => {
                let redis = self.redis.as_ref().expect("there is one");
                redis.freeze();
                self.suspended.push((usize::MAX, 1));
            }
            Fault::FlushRedis => {
                self.redis.as_ref().expect("there is one").flush_all();
                self.lose_jobs_of_npm();
            }
        }
    }

    /// Those that were not claimed are gone, and of the others nobody can tell which they are.
    fn lose_jobs_of_npm(&mut self) {
        self.from_npm.iter_mut().for_each(|job| job.may_be_lost = true);
    }

    async fn wake_all(&mut self) {
        self.suspended.iter_mut().for_each(|(_, left)| *left = 0);
        self.wake_suspended().await;
    }

    async fn wake_suspended(&mut self) {
        for (_, left) in &mut self.suspended {
            *left = left.saturating_sub(1);
        }
        for (place, _) in self.suspended.extract_if(.., |(_, left)| *left == 0) {
            match self.workers.get(place) {
                Some(worker) => worker.signal(Signal::CONT),
                None => self.redis.as_ref().expect("there is one").thaw(),
            }
        }
    }

    /// The weather is fine: everything ends, and each effect has happened as often as it should.
    async fn settle(self) {
        let all = self.added.len();
        let ended = tokio::time::timeout(STUCK, async {
            while !self.is_over().await {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let is_over = ended.await.is_ok();
        let mut wrong = Vec::new();
        for id in &self.added {
            let job = jobs::find(self.db.read(), id).await.unwrap().expect("no row is lost");
            let effects = self.effects(id).await;
            let expected = match job.state {
                JobState::Completed => 1,
                JobState::Failed => 0,
                _ => -1,
            };
            if effects != expected {
                wrong.push(format!("{id}: {effects} effects, {job:?}"));
            }
        }
        for job in &self.from_npm {
            let effects = self.effects(&job.id).await;
            if effects > 1 || effects == 0 && !job.may_be_lost {
                wrong.push(format!("{}: {effects} effects, may be lost: {}", job.id, job.may_be_lost));
            }
        }
        assert!(is_over && wrong.is_empty(), "{} of {all} jobs: {wrong:#?}", wrong.len());
        println!("{all} jobs have ended, each with its effect once or, failed, not at all");
    }

    /// Whether every row has ended, and every job of npm that must be there has had its effect.
    async fn is_over(&self) -> bool {
        let Ok(counts) = jobs::counts(self.db.read(), QUEUE).await else { return false };
        if counts.waiting + counts.active + counts.delayed > 0 {
            return false;
        }
        for job in self.from_npm.iter().filter(|job| !job.may_be_lost) {
            if self.effects(&job.id).await == 0 {
                return false;
            }
        }
        true
    }

    async fn effects(&self, id: &str) -> i64 {
        let conn = self.db.read();
        let backend = conn.get_database_backend();
        let sql = match backend {
            DbBackend::Postgres => "SELECT times::bigint AS times FROM effects WHERE job_id = $1",
            _ => "SELECT times FROM effects WHERE job_id = $1",
        };
        let found =
            conn.query_one_raw(Statement::from_sql_and_values(backend, sql, [id.into()])).await.unwrap();
        found.map_or(0, |row| row.try_get("", "times").unwrap())
    }
}

async fn storms(start: impl AsyncFn(u64) -> Option<Storm>) {
    let (points, seeds) = if crate::is_soak() { SOAK } else { SHORT };
    for seed in 1..=seeds {
        println!("seed {seed}");
        let Some(mut storm) = start(seed).await else { return };
        storm.blow(points).await;
        storm.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_in_sqlite_survive_a_storm() {
    storms(async |seed| Some(Storm::on(seed, None, None).await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_in_postgresql_survive_a_storm() {
    storms(async |seed| Some(Storm::on(seed, Some(Postgres::start()?), None).await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_in_bullmq_survive_a_storm() {
    storms(async |seed| {
        Some(Storm::on(seed, Some(Postgres::start()?), Some(Redis::start_persistent()?)).await)
    })
    .await;
}
