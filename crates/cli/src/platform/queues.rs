//! What the API and commands do with jobs.

use std::sync::Arc;

use telecine_db::Db;
use telecine_model::Clock;
use telecine_queue::{BullMqConfig, BullMqQueues, Queues, TableQueues};

/// The queues in this database, and in Redis where that hands jobs out. Nothing else is touched, so a command needs no
/// storage and no data folder.
pub(crate) fn queues(db: Db, clock: Arc<dyn Clock>, bullmq: Option<BullMqConfig>) -> Arc<dyn Queues> {
    let registry = Arc::new(telecine_app::jobs::registry());
    let table = TableQueues::new(db.clone(), clock.clone(), registry, clock.clone());
    match bullmq {
        None => Arc::new(table),
        Some(bullmq) => Arc::new(BullMqQueues::new(table, db, clock, bullmq)),
    }
}
