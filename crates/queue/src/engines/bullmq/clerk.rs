//! Claims for the jobs that Redis hands out, and completions: many in one transaction, because a durable commit costs
//! the same for one as for a hundred.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use telecine_db::jobs::{self, Adoption, Claimant, Completion, Handed, Job, Lease};
use telecine_db::{Db, DbError};
use telecine_model::{Clock, Failure, FailureCode, JobState};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::delivery::Delivery;
use crate::execution::{LEASE, Outcome};

/// Claims and completions of one transaction.
const BATCH: usize = 200;
/// A job whose row waits for children is none of Redis's business yet.
const NOT_YET: Duration = Duration::from_secs(60);

/// What to do with a job that was handed out.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Run it; the row is ours.
    Run(Box<Job>),
    /// Do not run it: it has ended before, and Redis is to learn how.
    Tell(Outcome),
}

/// What is handed in, and where the answer goes.
enum Entry {
    Claim(Delivery, oneshot::Sender<Verdict>),
    Complete(Completion, oneshot::Sender<bool>),
}

/// Where claims and completions are handed in; cheap to clone. The task behind it ends with the last of them.
#[derive(Clone)]
pub(super) struct Clerk(mpsc::Sender<Entry>);

impl Clerk {
    /// Starts the task that makes claims.
    pub(super) fn start(runtime: &Handle, desk: Desk) -> Self {
        let (sender, claims) = mpsc::channel(BATCH);
        runtime.spawn(desk.work(claims));
        Self(sender)
    }

    /// Claims the row of what was handed out, or says how it has ended before; `None` when the database failed.
    pub(super) async fn claim(&self, delivery: Delivery) -> Option<Verdict> {
        let (sender, verdict) = oneshot::channel();
        self.0.send(Entry::Claim(delivery, sender)).await.ok()?;
        verdict.await.ok()
    }

    /// Writes down that a run has succeeded; `false` when another worker has the job, `None` when the database failed.
    pub(super) async fn complete(&self, completion: Completion) -> Option<bool> {
        let (sender, is_ours) = oneshot::channel();
        self.0.send(Entry::Complete(completion, sender)).await.ok()?;
        is_ours.await.ok()
    }
}

/// What claims are made with.
pub(super) struct Desk {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) worker: String,
}

impl Desk {
    async fn work(self, mut entries: mpsc::Receiver<Entry>) {
        let mut batch = Vec::with_capacity(BATCH);
        while entries.recv_many(&mut batch, BATCH).await > 0 {
            let (mut claims, mut completions) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
            for entry in batch.drain(..) {
                match entry {
                    Entry::Claim(delivery, answer) => claims.extend([(delivery, answer)]),
                    Entry::Complete(completion, answer) => completions.extend([(completion, answer)]),
                }
            }
            match self.write(&claims.0, &completions.0).await {
                // Whoever asked may have been cut off.
                Ok((verdicts, held)) => {
                    for (answer, verdict) in claims.1.into_iter().zip(verdicts) {
                        let _ = answer.send(verdict);
                    }
                    for (answer, completion) in completions.1.into_iter().zip(&completions.0) {
                        let _ = answer.send(held.contains(&completion.lease));
                    }
                }
                // The answers are dropped: everybody sees that nothing was written.
                Err(error) => tracing::warn!(%error, "the jobs table cannot be used, jobs wait in Redis"),
            }
        }
    }

    /// Everything in one transaction: one verdict for each delivery, in their order, and the runs that held their leases.
    async fn write(
        &self,
        deliveries: &[Delivery],
        completions: &[Completion],
    ) -> Result<(Vec<Verdict>, BTreeSet<Lease>), DbError> {
        let now = self.clock.now();
        let claimant = Claimant {
            worker: &self.worker,
            now: now.as_millisecond(),
            lease_until: (now + LEASE).as_millisecond(),
        };
        let ids: Vec<String> = deliveries.iter().flat_map(Delivery::row_ids).collect();
        let foreign: Vec<Adoption> =
            deliveries.iter().filter(|delivery| !delivery.was_ours).map(Delivery::adoption).collect();
        let tx = self.db.begin().await?;
        let received = jobs::receive(&tx, completions, &ids, &foreign, claimant).await?;
        let known = received.known.into_iter().map(|job| (job.id.clone(), job)).collect();
        let sorted = Sorted::of(deliveries, &known, claimant.now);
        jobs::note_stalls(&tx, &sorted.replayed).await?;
        let taken = jobs::take(&tx, &sorted.take, claimant).await?;
        let claimed = taken.into_iter().chain(received.adopted).map(|job| (job.id.clone(), job)).collect();
        let mut verdicts = sorted.verdicts(claimed, claimant.now);
        for (verdict, delivery) in verdicts.iter_mut().zip(deliveries) {
            if let (Verdict::Run(job), Err(sentence)) = (&*verdict, &delivery.data) {
                let failure = refused(sentence);
                jobs::fail(&tx, &job.lease(), &failure, claimant.now).await?;
                *verdict = Verdict::Tell(Outcome::Failed { failure });
            }
        }
        tx.commit().await?;
        Ok((verdicts, received.held))
    }
}

/// What is to become of the deliveries of one transaction.
#[derive(Default)]
struct Sorted {
    /// For each delivery, in their order.
    plans: Vec<Plan>,
    take: Vec<Handed>,
    /// Not run again; but how often they stalled is noted.
    replayed: Vec<Handed>,
}

enum Plan {
    /// Run the row with this id, once it is claimed.
    Run(String),
    Tell(Outcome),
}

impl Sorted {
    fn of(deliveries: &[Delivery], known: &HashMap<String, Job>, now: i64) -> Self {
        let mut sorted = Self::default();
        for delivery in deliveries {
            let plan = match row_of(known, delivery) {
                Some(row) => sorted.plan_known(delivery, row, now),
                // The row has gone: the job was completed, or its subject was deleted.
                None if delivery.was_ours => Plan::Tell(Outcome::Completed { result: None }),
                None => Plan::Run(delivery.foreign_row_id()),
            };
            sorted.plans.push(plan);
        }
        sorted
    }

    fn plan_known(&mut self, delivery: &Delivery, row: &Job, now: i64) -> Plan {
        let handed = Handed { id: row.id.clone(), stalled: delivery.stalled };
        match ended_before(row, delivery, now) {
            Some(ending) => {
                self.replayed.push(handed);
                Plan::Tell(ending)
            }
            None => {
                self.take.push(handed);
                Plan::Run(row.id.clone())
            }
        }
    }

    fn verdicts(self, mut claimed: HashMap<String, Job>, now: i64) -> Vec<Verdict> {
        let verdict = |plan| match plan {
            Plan::Tell(ending) => Verdict::Tell(ending),
            // Two deliveries of one job, or a row that another process has just made: one of them runs.
            Plan::Run(id) => claimed.remove(&id).map_or_else(
                || Verdict::Tell(Outcome::HandedBack { at_ms: now }),
                |job| Verdict::Run(Box::new(job)),
            ),
        };
        self.plans.into_iter().map(verdict).collect()
    }
}

fn row_of<'a>(rows: &'a HashMap<String, Job>, delivery: &Delivery) -> Option<&'a Job> {
    let [ours, foreign] = delivery.row_ids();
    let ours = rows.get(&ours).filter(|row| row.queue == delivery.queue && row.foreign_id.is_none());
    ours.or_else(|| rows.get(&foreign))
}

/// How a job has ended whose worker died before Redis knew it, or of which Redis has handed out a copy. Redis counts a stall
/// in the first case and no earlier start in the second; otherwise somebody wants the job to run: it is new, or was
/// promoted or retried.
fn ended_before(row: &Job, delivery: &Delivery, now: i64) -> Option<Outcome> {
    // What was cancelled here runs again when it is retried here.
    let is_cancelled = |failure: &&Failure| failure.code == FailureCode::Cancelled.as_str();
    if row.state == JobState::Failed
        && let Some(failure) = row.failure.as_ref().filter(is_cancelled)
    {
        return Some(Outcome::Failed { failure: failure.clone() });
    }
    if row.state == JobState::WaitingChildren {
        let wait_ms = i64::try_from(NOT_YET.as_millis()).unwrap_or(i64::MAX);
        return Some(Outcome::HandedBack { at_ms: now.saturating_add(wait_ms) });
    }
    let is_copy = row.state.is_finished() && delivery.is_copy_of(row);
    if delivery.stalled <= row.stalled && !is_copy {
        return None;
    }
    match row.state {
        JobState::Completed => Some(Outcome::Completed { result: row.result.clone() }),
        JobState::Failed => Some(Outcome::Failed { failure: row.failure.clone()? }),
        JobState::Delayed if row.run_at > now => Some(Outcome::HandedBack { at_ms: row.run_at }),
        JobState::Waiting | JobState::Delayed | JobState::Active | JobState::WaitingChildren => None,
    }
}

fn refused(sentence: &str) -> Failure {
    let code = FailureCode::InvalidPayload.as_str().to_owned();
    Failure { code, message: sentence.to_owned(), detail: None }
}
