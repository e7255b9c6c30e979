//! What the API and commands do with jobs.

use std::sync::Arc;

use telecine_db::Db;
use telecine_model::Clock;
use telecine_queue::{Queues, TableQueues};

/// The queues in this database. Nothing but the database is touched, so a command needs no storage and no data folder.
pub(crate) fn queues(db: Db, clock: Arc<dyn Clock>) -> Arc<dyn Queues> {
    let registry = Arc::new(telecine_app::jobs::registry());
    Arc::new(TableQueues::new(db, clock.clone(), registry, clock))
}
