//! A server beside whose workers a test puts jobs into the table: in queues that no worker serves, so that they stay as
//! the test left them.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use telecine_db::Db;
use telecine_db::jobs::{self, Completion, Job, NewJob};
use telecine_model::{Clock, Failure, SystemClock};
use telecine_tests::client::Client;
use telecine_tests::database;
use telecine_tests::postgres::Postgres;
use telecine_tests::server::{Home, Server};

use crate::home;

/// No worker serves it.
pub(crate) const QUEUE: &str = "imports";
const HOUR_MS: i64 = 3_600_000;

/// A server, its table of jobs, and what they lie in.
pub(crate) struct Desk {
    pub(crate) client: Client,
    pub(crate) db: Db,
    pub(crate) home: Home,
    server: Server,
    _postgres: Option<Postgres>,
}

impl Desk {
    /// On SQLite.
    pub(crate) async fn on_sqlite() -> Option<Self> {
        let home = home();
        let url = home.database_url();
        Some(Self::open(home, &url, None).await)
    }

    /// On PostgreSQL; `None` where there is none.
    pub(crate) async fn on_postgresql() -> Option<Self> {
        let postgres = Postgres::start()?;
        let (mut home, url) = (home(), postgres.url());
        home.set("DATABASE_URL", &url);
        Some(Self::open(home, &url, Some(postgres)).await)
    }

    async fn open(mut home: Home, url: &str, postgres: Option<Postgres>) -> Self {
        let server = home.serve().await;
        let db = Db::connect(&url.to_owned().into()).await.expect("the database opens");
        Self { client: server.client.clone(), db, home, server, _postgres: postgres }
    }

    /// Starts the server again with an encoder of the test.
    pub(crate) async fn restart_with_encoder(self, script: &str) -> Self {
        let Self { db, mut home, server, _postgres, .. } = self;
        assert!(server.stop().success());
        home.use_encoder(script);
        let server = home.serve().await;
        Self { client: server.client.clone(), db, home, server, _postgres }
    }

    /// Adds a job of [`QUEUE`] with this id.
    pub(crate) async fn add(&self, id: &str) {
        self.insert(NewJob::new(id, QUEUE, "import", "{}")).await;
    }

    /// Adds a job.
    pub(crate) async fn insert(&self, job: NewJob) {
        let tx = self.db.begin().await.unwrap();
        assert!(jobs::insert(&tx, &job, SystemClock.now_ms()).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Adds a job that is due in an hour.
    pub(crate) async fn add_delayed(&self, id: &str) {
        let run_at = SystemClock.now_ms() + HOUR_MS;
        self.insert(NewJob { run_at, ..NewJob::new(id, QUEUE, "import", "{}") }).await;
    }

    /// Takes the next waiting job of [`QUEUE`], as a worker called `test` would, and keeps it for an hour.
    pub(crate) async fn claim(&self) -> Job {
        let now = SystemClock.now_ms();
        let tx = self.db.begin().await.unwrap();
        let claimed = database::claim(
            &tx,
            QUEUE,
            1,
            jobs::Claimant { worker: "test", now, lease_until: now + HOUR_MS },
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        claimed.into_iter().next().expect("a job waits")
    }

    /// Adds a job and lets it fail for good.
    pub(crate) async fn add_failed(&self, id: &str, failure: &Failure) {
        self.add(id).await;
        let job = self.claim().await;
        assert_eq!(job.id, id);
        let tx = self.db.begin().await.unwrap();
        jobs::fail(&tx, &job.lease(), failure, SystemClock.now_ms()).await.unwrap().expect("it was held");
        tx.commit().await.unwrap();
    }

    /// Adds a job and lets it complete `ago_s` seconds before now.
    pub(crate) async fn add_completed(&self, id: &str, ago_s: i64) {
        self.add(id).await;
        let job = self.claim().await;
        let completion = Completion { lease: job.lease(), result: None, drop_row: false };
        let tx = self.db.begin().await.unwrap();
        assert!(jobs::complete(&tx, &completion, SystemClock.now_ms() - ago_s * 1000).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// The job as the API shows it.
    pub(crate) async fn job(&self, id: &str) -> Value {
        self.client.get(&format!("jobs/{id}")).await.expect(StatusCode::OK)
    }

    /// Where the job stands.
    pub(crate) async fn state(&self, id: &str) -> String {
        self.job(id).await["state"].as_str().expect("a state").to_owned()
    }

    /// The jobs of [`QUEUE`] by state.
    pub(crate) async fn queue(&self) -> Value {
        self.client.get(&format!("queues/{QUEUE}")).await.expect(StatusCode::OK)
    }

    /// POST without a body.
    pub(crate) async fn post(&self, path: &str) -> telecine_tests::client::Answer {
        self.client.call(Method::POST, path, None).await
    }

    /// DELETE.
    pub(crate) async fn delete(&self, path: &str) -> telecine_tests::client::Answer {
        self.client.call(Method::DELETE, path, None).await
    }
}

/// Runs each function as a test with a [`Desk`] on either database.
macro_rules! at_both_desks {
    ($($test:ident),+ $(,)?) => { $(
        mod $test {
            #[tokio::test]
            async fn sqlite() {
                if let Some(desk) = $crate::desk::Desk::on_sqlite().await {
                    super::$test(desk).await;
                }
            }

            #[tokio::test]
            async fn postgresql() {
                if let Some(desk) = $crate::desk::Desk::on_postgresql().await {
                    super::$test(desk).await;
                }
            }
        }
    )+ };
}
pub(crate) use at_both_desks;
