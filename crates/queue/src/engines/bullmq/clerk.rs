//! Claims for the jobs that Redis hands out, and completions: many in one transaction, because a durable commit costs
//! the same for one as for a hundred.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use telecine_db::jobs::{self, Adoption, Claimant, Completion, Handed, Job, Lease, Received};
use telecine_db::{Db, DbError, Tx};
use telecine_model::{Clock, Failure, FailureCode, JobState};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::delivery::Delivery;
use crate::claim::PendingClaim;
use crate::execution::{LEASE, Outcome};

/// Claims and completions of one transaction.
const BATCH: usize = 200;
/// The wait before what Redis knows already is written down again.
const DATABASE_RETRY: Duration = Duration::from_millis(500);

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
    Claim(Box<Claim>),
    /// Nobody waits for the answer when Redis knows already.
    Complete(Completion, Option<oneshot::Sender<bool>>),
}

struct Claim {
    delivery: Delivery,
    /// The run, when it has begun already.
    run: Option<BegunRun>,
    verdict: oneshot::Sender<Verdict>,
}

/// The desk's end of a run that has begun.
struct BegunRun {
    stage: Arc<Mutex<Stage>>,
    lease: Lease,
    held: watch::Sender<Option<bool>>,
}

/// How far the claim of a run that has begun is.
enum Stage {
    Queued,
    /// The run was quicker: this goes with the claim.
    Ended(Completion),
    Taken,
}

/// The run's end of a claim that is being written down.
pub(super) struct Begun {
    row: Job,
    stage: Arc<Mutex<Stage>>,
    claim: PendingClaim,
    verdict: oneshot::Receiver<Verdict>,
}

impl Begun {
    /// The row as it will be.
    pub(super) fn row(&self) -> Job {
        self.row.clone()
    }

    /// Whether the row was written.
    pub(super) fn claim(&self) -> PendingClaim {
        self.claim.clone()
    }

    /// Sends the completion with the claim; `false` when that one is on its way already.
    pub(super) fn end(&self, completion: &Completion) -> bool {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let is_queued = matches!(*stage, Stage::Queued);
        if is_queued {
            *stage = Stage::Ended(completion.clone());
        }
        is_queued
    }

    /// What the claim has come to; `None` when the database failed.
    pub(super) async fn verdict(self) -> Option<Verdict> {
        self.verdict.await.ok()
    }
}

/// Where claims and completions are handed in; cheap to clone.
#[derive(Clone)]
pub(super) struct Clerk {
    entries: mpsc::Sender<Entry>,
    worker: Arc<str>,
}

impl Clerk {
    /// Starts the task that writes; told to stop, it ends when everything is written.
    pub(super) fn start(runtime: &Handle, desk: Desk, stop: CancellationToken) -> (Self, JoinHandle<()>) {
        let (entries, received) = mpsc::channel(BATCH);
        let worker = desk.worker.as_str().into();
        (Self { entries, worker }, runtime.spawn(desk.work(received, stop)))
    }

    /// Claims the row of what was handed out, or says how it has ended before; `None` when the database failed.
    pub(super) async fn claim(&self, delivery: Delivery) -> Option<Verdict> {
        let (sender, verdict) = oneshot::channel();
        let claim = Claim { delivery, run: None, verdict: sender };
        self.entries.send(Entry::Claim(Box::new(claim))).await.ok()?;
        verdict.await.ok()
    }

    /// The same for a run that begins meanwhile; `None` when the process ends.
    pub(super) async fn begin(&self, delivery: Delivery, now: i64) -> Option<Begun> {
        let row = delivery.adoption().claimed(Claimant { worker: &self.worker, now, lease_until: now });
        let (sender, verdict) = oneshot::channel();
        let (held, claim) = PendingClaim::new();
        let stage = Arc::new(Mutex::new(Stage::Queued));
        let run = Some(BegunRun { stage: stage.clone(), lease: row.lease(), held });
        self.entries.send(Entry::Claim(Box::new(Claim { delivery, run, verdict: sender }))).await.ok()?;
        Some(Begun { row, stage, claim, verdict })
    }

    /// Writes down that a run has succeeded; `false` when another worker has the job, `None` when the database failed.
    pub(super) async fn complete(&self, completion: Completion) -> Option<bool> {
        let (sender, is_ours) = oneshot::channel();
        self.entries.send(Entry::Complete(completion, Some(sender))).await.ok()?;
        is_ours.await.ok()
    }

    /// The same when nobody has to wait for it: Redis is the truth for the job.
    pub(super) async fn complete_later(&self, completion: Completion) {
        let _ = self.entries.send(Entry::Complete(completion, None)).await;
    }
}

/// What claims are made with.
pub(super) struct Desk {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) worker: String,
}

/// What is written in one transaction.
#[derive(Default)]
struct Batch {
    claims: Vec<Claim>,
    /// For each claim the completion of its run, if that has ended.
    ended: Vec<Option<Completion>>,
    completions: Vec<(Completion, Option<oneshot::Sender<bool>>)>,
}

/// What a transaction has brought.
struct Written {
    /// For each claim.
    verdicts: Vec<Verdict>,
    /// The completed runs that held their leases.
    held: BTreeSet<Lease>,
}

impl Desk {
    async fn work(self, mut entries: mpsc::Receiver<Entry>, stop: CancellationToken) {
        let mut received = Vec::with_capacity(BATCH);
        let mut batch = Batch::default();
        loop {
            let count = tokio::select! {
                biased;
                count = entries.recv_many(&mut received, BATCH) => count,
                () = stop.cancelled(), if !entries.is_closed() => {
                    entries.close();
                    continue;
                }
            };
            if count == 0 {
                return;
            }
            batch.take(&mut received);
            while !batch.is_empty() {
                match self.write(&batch).await {
                    Ok(written) => std::mem::take(&mut batch).answer(written),
                    Err(error) => {
                        tracing::warn!(%error, "the jobs table cannot be used, jobs wait in Redis");
                        batch.give_up();
                        if !batch.is_empty() {
                            self.clock.sleep_until(self.clock.now() + DATABASE_RETRY).await;
                        }
                    }
                }
            }
        }
    }

    async fn write(&self, batch: &Batch) -> Result<Written, DbError> {
        let now = self.clock.now();
        let claimant = Claimant {
            worker: &self.worker,
            now: now.as_millisecond(),
            lease_until: (now + LEASE).as_millisecond(),
        };
        let tx = self.db.begin().await?;
        let received = receive(&tx, batch, claimant).await?;
        let known = received.known.into_iter().map(|job| (job.id.clone(), job)).collect();
        let deliveries: Vec<&Delivery> = batch.claims.iter().map(|claim| &claim.delivery).collect();
        let sorted = Sorted::of(&deliveries, &known, claimant.now);
        jobs::note_stalls(&tx, &sorted.replayed).await?;
        let taken = jobs::take(&tx, &sorted.take, claimant).await?;
        jobs::complete_many(&tx, &sorted.completions(&taken, &batch.ended), claimant.now).await?;
        let claimed = taken.into_iter().chain(received.adopted).map(|job| (job.id.clone(), job)).collect();
        let mut verdicts = sorted.verdicts(claimed, claimant.now);
        for (verdict, delivery) in verdicts.iter_mut().zip(&deliveries) {
            if let (Verdict::Run(job), Err(sentence)) = (&*verdict, &delivery.data) {
                let failure = refused(sentence);
                jobs::fail(&tx, &job.lease(), &failure, claimant.now).await?;
                *verdict = Verdict::Tell(Outcome::Failed { failure });
            }
        }
        tx.commit().await?;
        Ok(Written { verdicts, held: received.held })
    }
}

/// Writes down what needs no look at rows, and looks up the rows that the rest needs. A job that seems to be new has a row
/// very seldom, and is looked up only then.
async fn receive(tx: &Tx, batch: &Batch, claimant: Claimant<'_>) -> Result<Received, DbError> {
    let (mut ids, mut new, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
    for (claim, ended) in batch.claims.iter().zip(&batch.ended) {
        let (delivery, adoption) = (&claim.delivery, adoption(&claim.delivery, ended));
        if adoption.is_some() && delivery.is_first() {
            new.push(delivery);
        } else {
            ids.extend(delivery.row_ids());
        }
        foreign.extend(adoption);
    }
    let completions: Vec<Completion> =
        batch.completions.iter().map(|(completion, _)| completion.clone()).collect();
    let mut received = jobs::receive(tx, &completions, &ids, &foreign, claimant).await?;
    let adopted: HashSet<&str> = received.adopted.iter().map(|job| job.id.as_str()).collect();
    let known = new.into_iter().filter(|delivery| !adopted.contains(delivery.foreign_row_id().as_str()));
    let ids: Vec<String> = known.flat_map(Delivery::row_ids).collect();
    received.known.extend(jobs::lock_many(tx, &ids).await?);
    adopt_beside(tx, batch, &mut received, claimant).await?;
    Ok(received)
}

/// Gives jobs whose row's id is taken by an earlier job of the same id a row of their own.
async fn adopt_beside(
    tx: &Tx,
    batch: &Batch,
    received: &mut Received,
    claimant: Claimant<'_>,
) -> Result<(), DbError> {
    let known: HashMap<String, Job> =
        received.known.iter().map(|job| (job.id.clone(), job.clone())).collect();
    let mut foreign = Vec::new();
    for (claim, ended) in batch.claims.iter().zip(&batch.ended) {
        let delivery = &claim.delivery;
        if known.contains_key(&delivery.foreign_row_id()) && row_of(&known, delivery).is_none() {
            let id = delivery.second_row_id();
            foreign.extend(adoption(delivery, ended).map(|adoption| Adoption { id, ..adoption }));
        }
    }
    if !foreign.is_empty() {
        received.adopted.extend(jobs::receive(tx, &[], &[], &foreign, claimant).await?.adopted);
    }
    Ok(())
}

/// The new row of a job that has none, as far as its delivery tells; no row is needed of a run that has ended and leaves
/// none.
fn adoption(delivery: &Delivery, ended: &Option<Completion>) -> Option<Adoption> {
    if delivery.was_ours {
        return None;
    }
    match ended {
        None => Some(delivery.adoption()),
        Some(Completion { drop_row: true, .. }) => None,
        Some(Completion { result, .. }) => {
            Some(Adoption { is_completed: true, result: result.clone(), ..delivery.adoption() })
        }
    }
}

impl Batch {
    fn take(&mut self, received: &mut Vec<Entry>) {
        for entry in received.drain(..) {
            match entry {
                Entry::Claim(claim) => {
                    self.ended.push(claim.run.as_ref().and_then(BegunRun::take));
                    self.claims.push(*claim);
                }
                Entry::Complete(completion, answer) => self.completions.push((completion, answer)),
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.completions.is_empty()
    }

    /// Whoever asked may have been cut off.
    fn answer(self, written: Written) {
        for (claim, verdict) in self.claims.into_iter().zip(written.verdicts) {
            claim.answer(verdict);
        }
        for (completion, answer) in self.completions {
            if let Some(answer) = answer {
                let _ = answer.send(written.held.contains(&completion.lease));
            } else if !written.held.contains(&completion.lease) {
                tracing::warn!(job.id = %completion.lease.job_id, "succeeded, but another worker has the job");
            }
        }
    }

    /// Keeps what Redis knows already. The other answers are dropped: everybody sees that nothing was written.
    fn give_up(&mut self) {
        let claims = std::mem::take(&mut self.claims).into_iter().zip(std::mem::take(&mut self.ended));
        (self.claims, self.ended) = claims.filter(|(_, ended)| ended.is_some()).unzip();
        self.completions.retain(|(_, answer)| answer.is_none());
    }
}

impl Claim {
    fn answer(self, verdict: Verdict) {
        if let Some(run) = self.run {
            let is_held = matches!(&verdict, Verdict::Run(row) if row.lease() == run.lease);
            let _ = run.held.send(Some(is_held));
        }
        let _ = self.verdict.send(verdict);
    }
}

impl BegunRun {
    /// From now on the run has to wait for the verdict, unless it has ended: then its completion comes along.
    fn take(&self) -> Option<Completion> {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *stage, Stage::Taken) {
            Stage::Ended(completion) => Some(completion),
            Stage::Queued | Stage::Taken => None,
        }
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
    fn of(deliveries: &[&Delivery], known: &HashMap<String, Job>, now: i64) -> Self {
        let mut sorted = Self::default();
        for delivery in deliveries {
            let plan = match row_of(known, delivery) {
                Some(row) => sorted.plan_known(delivery, row, now),
                // The row has gone: the job was completed, or its subject was deleted.
                None if delivery.was_ours => Plan::Tell(Outcome::Completed { result: None }),
                None if known.contains_key(&delivery.foreign_row_id()) => Plan::Run(delivery.second_row_id()),
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

    /// Runs that have ended before their claims were written, of jobs whose rows were there already.
    fn completions(&self, taken: &[Job], ended: &[Option<Completion>]) -> Vec<Completion> {
        let completion = |(plan, ended): (&Plan, &Option<Completion>)| {
            let (Plan::Run(id), Some(ended)) = (plan, ended) else { return None };
            let row = taken.iter().find(|row| row.id == *id)?;
            Some(Completion { lease: row.lease(), ..ended.clone() })
        };
        self.plans.iter().zip(ended).filter_map(completion).collect()
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
    let [ours, foreign, second] = delivery.row_ids();
    let ours = rows.get(&ours).filter(|row| row.queue == delivery.queue && row.foreign_id.is_none());
    let foreign = || rows.get(&foreign).filter(|row| delivery.is_job_of(row));
    ours.or_else(foreign).or_else(|| rows.get(&second))
}

/// How a job has ended whose worker died before Redis knew it, or of which Redis has handed out a copy. Redis counts a stall
/// in the first case and knows less than the row in the second; otherwise somebody wants the job to run: it is new, or was
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
        return Some(Outcome::WaitsForChildren);
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
