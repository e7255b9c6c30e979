//! Whether this process can do its work: the database answers, and a job that does nothing has run.
//!
//! A canary is added when the process starts, and another when somebody asks and the last has been long ago: nobody
//! asking costs nothing.

use std::time::Duration;

use jiff::Timestamp;
use telecine_db::{DbError, jobs};
use telecine_model::JobState;
use telecine_queue::Job;
use tokio::sync::Mutex;

use crate::App;
use crate::jobs::Canary;

/// A canary that has ended is worth this much time.
const FRESH: Duration = Duration::from_secs(60);
/// A canary that has not ended after this time shows that the engine stands still.
const CANARY_PATIENCE: Duration = Duration::from_secs(15);
/// Whoever asks has given up by then; Kubernetes does after one second.
const DATABASE_PATIENCE: Duration = Duration::from_secs(3);

/// What this process is called among its like, and how its canaries fare.
#[derive(Debug)]
pub struct Health {
    worker: Option<String>,
    canary: Mutex<CanaryWatch>,
}

#[derive(Debug, Default)]
struct CanaryWatch {
    under_way: Option<(String, Timestamp)>,
    ended_at: Option<Timestamp>,
    /// Set from the time that a canary should have ended until one has.
    is_late: bool,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the database answers.
    pub database: bool,
    /// Whether jobs run.
    pub engine: EngineState,
}

/// Whether jobs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineState {
    /// A canary has ended not long ago.
    Working,
    /// The first canary is under way.
    Starting,
    /// A canary has not ended for too long, or its state cannot be read.
    Stuck,
    /// The jobs of this process run in others.
    Elsewhere,
}

impl Readiness {
    /// Whether work may be sent here.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.database && matches!(self.engine, EngineState::Working | EngineState::Elsewhere)
    }
}

impl Health {
    /// For a process whose worker is called so; `None` when jobs run elsewhere.
    #[must_use]
    pub fn new(worker: Option<String>) -> Self {
        Self { worker, canary: Mutex::default() }
    }

    /// The name of the worker in this process.
    #[must_use]
    pub fn worker(&self) -> Option<&str> {
        self.worker.as_deref()
    }

    /// Adds a canary.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn send_canary(&self, app: &App) -> Result<(), DbError> {
        self.canary.lock().await.send(app).await
    }
}

/// Whether the database answers, within 3 s.
pub async fn database_answers(app: &App) -> bool {
    let asked = tokio::time::timeout(DATABASE_PATIENCE, jobs::find(app.db.read(), "")).await;
    matches!(asked, Ok(Ok(_)))
}

/// Asks database and engine, within 6 s.
pub async fn readiness(app: &App) -> Readiness {
    if !database_answers(app).await {
        return Readiness { database: false, engine: EngineState::Stuck };
    }
    let engine = match app.health.worker {
        None => EngineState::Elsewhere,
        Some(_) => {
            let looked = tokio::time::timeout(DATABASE_PATIENCE, look_at_canary(app)).await;
            looked.ok().and_then(Result::ok).unwrap_or(EngineState::Stuck)
        }
    };
    Readiness { database: true, engine }
}

async fn look_at_canary(app: &App) -> Result<EngineState, DbError> {
    let mut watch = app.health.canary.lock().await;
    let now = app.clock.now();
    if let Some((id, sent_at)) = &watch.under_way {
        match jobs::find(app.db.read(), id).await? {
            // A canary's row goes when it has completed.
            None => *watch = CanaryWatch { ended_at: Some(now), ..CanaryWatch::default() },
            Some(job) if job.state == JobState::Failed => {
                *watch = CanaryWatch { is_late: true, ..CanaryWatch::default() }
            }
            Some(_) => watch.is_late |= now >= *sent_at + CANARY_PATIENCE,
        }
    }
    if watch.under_way.is_none() && watch.ended_at.is_none_or(|at| now >= at + FRESH) {
        watch.send(app).await?;
    }
    Ok(match watch.ended_at {
        _ if watch.is_late => EngineState::Stuck,
        Some(_) => EngineState::Working,
        None => EngineState::Starting,
    })
}

impl CanaryWatch {
    async fn send(&mut self, app: &App) -> Result<(), DbError> {
        let canary = Canary::new();
        let tx = app.db.begin().await?;
        telecine_queue::add(&tx, &*app.clock, &canary).await?;
        tx.commit().await?;
        self.under_way = Some((canary.id(), app.clock.now()));
        Ok(())
    }
}
