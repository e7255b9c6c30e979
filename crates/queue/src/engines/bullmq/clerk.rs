//! Claims for the jobs that Redis hands out, and completions: many in one transaction, because a durable commit costs
//! the same for one as for a hundred.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bullmq::redis_connection::RedisConnection;
use telecine_db::jobs::{self, Completion, Handed, Job, Lease};
use telecine_db::{Db, DbError, Tx};
use telecine_model::{Clock, Failure, FailureCode, JobState};
use tokio::sync::{mpsc, oneshot};

use super::config::BullMqConfig;
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
    /// Starts the task that makes claims for `worker`.
    pub(super) fn start(desk: Desk) -> Self {
        let (sender, claims) = mpsc::channel(BATCH);
        tokio::spawn(desk.work(claims));
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
    pub(super) config: BullMqConfig,
    pub(super) connection: RedisConnection,
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

    /// Everything in one transaction.
    async fn write(
        &self,
        deliveries: &[Delivery],
        completions: &[Completion],
    ) -> Result<(Vec<Verdict>, BTreeSet<Lease>), DbError> {
        let tx = self.db.begin().await?;
        let held = jobs::complete_many(&tx, completions, self.clock.now_ms()).await?;
        let verdicts = if deliveries.is_empty() { Vec::new() } else { self.claim(&tx, deliveries).await? };
        tx.commit().await?;
        Ok((verdicts, held))
    }

    /// One verdict for each delivery, in their order.
    async fn claim(&self, tx: &Tx, deliveries: &[Delivery]) -> Result<Vec<Verdict>, DbError> {
        let now = self.clock.now();
        let (now_ms, lease_until) = (now.as_millisecond(), (now + LEASE).as_millisecond());
        let ids: Vec<String> = deliveries.iter().flat_map(Delivery::row_ids).collect();
        let rows: HashMap<String, Job> =
            jobs::lock_many(tx, &ids).await?.into_iter().map(|job| (job.id.clone(), job)).collect();
        let mut sorted = Sorted::default();
        for (index, delivery) in deliveries.iter().enumerate() {
            match row_of(&rows, delivery) {
                Some(row) => sorted.add_known(index, delivery, row, now_ms),
                None if self.was_ours(delivery).await => {
                    sorted.tell(index, Outcome::Completed { result: None })
                }
                None => sorted.adopt.push((index, delivery.adoption())),
            }
        }
        let mut claimed: HashMap<String, Job> = HashMap::new();
        let handed: Vec<Handed> = sorted.take.iter().map(|(_, handed)| handed.clone()).collect();
        let adopted: Vec<_> = sorted.adopt.iter().map(|(_, adoption)| adoption.clone()).collect();
        jobs::note_stalls(tx, &sorted.replayed).await?;
        let taken = jobs::take(tx, &handed, &self.worker, now_ms, lease_until).await?;
        let fresh = jobs::adopt(tx, &adopted, &self.worker, now_ms, lease_until).await?;
        claimed.extend(taken.into_iter().chain(fresh).map(|job| (job.id.clone(), job)));
        let mut verdicts = sorted.verdicts(&mut claimed, now_ms);
        for (verdict, delivery) in verdicts.iter_mut().zip(deliveries) {
            if let (Verdict::Run(job), Err(sentence)) = (&*verdict, &delivery.data) {
                let failure = refused(sentence);
                jobs::fail(tx, &job.lease(), &failure, now_ms).await?;
                *verdict = Verdict::Tell(Outcome::Failed { failure });
            }
        }
        Ok(verdicts)
    }

    /// Whether a job without a row is one of ours whose row has gone: it was completed, or its subject was deleted.
    async fn was_ours(&self, delivery: &Delivery) -> bool {
        let mut command = redis::cmd("ZSCORE");
        command.arg(self.config.relayed_key(&delivery.queue)).arg(&delivery.id);
        self.connection.cmd::<Option<f64>>(&mut command).await.is_ok_and(|score| score.is_some())
    }
}

/// The deliveries of one transaction by what is to happen to them.
#[derive(Default)]
struct Sorted {
    take: Vec<(usize, Handed)>,
    adopt: Vec<(usize, jobs::Adoption)>,
    replayed: Vec<Handed>,
    told: Vec<(usize, Outcome)>,
}

impl Sorted {
    fn add_known(&mut self, index: usize, delivery: &Delivery, row: &Job, now: i64) {
        let handed = Handed { id: row.id.clone(), stalled: delivery.stalled };
        match ended_before(row, delivery, now) {
            Some(ending) => {
                self.replayed.push(handed);
                self.tell(index, ending);
            }
            None => self.take.push((index, handed)),
        }
    }

    fn tell(&mut self, index: usize, ending: Outcome) {
        self.told.push((index, ending));
    }

    fn verdicts(self, claimed: &mut HashMap<String, Job>, now: i64) -> Vec<Verdict> {
        let taken = self.take.into_iter().map(|(index, handed)| (index, handed.id));
        let adopted = self.adopt.into_iter().map(|(index, adoption)| (index, adoption.id));
        let run = taken.chain(adopted).map(|(index, id)| {
            // Two deliveries of one job, or a row that another process has just made: one of them runs.
            let run = claimed.remove(&id).map(|job| Verdict::Run(Box::new(job)));
            (index, run.unwrap_or(Verdict::Tell(Outcome::HandedBack { at_ms: now })))
        });
        let told = self.told.into_iter().map(|(index, ending)| (index, Verdict::Tell(ending)));
        let mut verdicts: Vec<(usize, Verdict)> = run.chain(told).collect();
        verdicts.sort_by_key(|(index, _)| *index);
        verdicts.into_iter().map(|(_, verdict)| verdict).collect()
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
