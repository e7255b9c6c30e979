//! Background jobs: what a job is, and the worker that runs them from the `jobs` table.
//!
//! A job is added inside the transaction that needs it ([`add`]) and runs after the commit. A [`Worker`] claims jobs
//! by lease, keeps the lease alive with a heartbeat, and gives every run a [`Run`] through which all writes are fenced:
//! once another worker has taken the job over, nothing of the first one takes effect.

mod config;
mod handler;
mod job;
mod run;
mod worker;

pub use config::QueueConfig;
pub use handler::Registry;
pub use job::{Job, JobError, Kept, add, add_at};
pub use run::Run;
pub use worker::{Worker, WorkerHandle};
