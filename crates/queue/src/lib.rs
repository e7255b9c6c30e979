//! Background jobs: what a job is, and the worker that runs them.
//!
//! A job is added inside the transaction that needs it ([`add`]) and runs after the commit. A [`Worker`] claims jobs
//! by lease, keeps the lease alive with a heartbeat, and gives every run a [`Run`] through which all writes are fenced:
//! once another worker has taken the job over, nothing of the first one takes effect.

mod add;
mod claim;
mod config;
mod engines;
mod execution;
mod handler;
mod job;
mod masking;
mod mirror;
mod presence;
mod queues;
mod run;
mod schedule;
mod worker;

pub use add::{MAX_DATA_BYTES, add, add_at, add_flow, row};
pub use config::{EngineKind, QueueConfig, QueueLimits};
pub use engines::bullmq::{BullMqConfig, BullMqQueues, EvictionPolicy, eviction_policy};
pub use handler::Registry;
pub use job::{Context, Job, JobError, Kept};
pub use masking::{MASK, masked_json, masked_text};
pub use queues::{JobDetails, QueueOverview, Queues, QueuesError, TableQueues};
pub use run::Run;
pub use schedule::{ScheduleError, schedule, schedule_row};
pub use telecine_db::jobs::OnChildFailure;
pub use telecine_db::schedules::Rhythm;
pub use worker::{Worker, WorkerHandle};
