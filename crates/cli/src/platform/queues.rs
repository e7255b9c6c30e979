//! What the API and commands do with jobs.

use std::sync::Arc;

use telecine_db::Db;
use telecine_model::Clock;
use telecine_queue::{BullMqQueues, Queues, TableQueues};

use crate::settings::Settings;

/// The queues in this database, and in Redis if the settings say so. Nothing else is touched, so a command needs no storage
/// and no data folder.
pub(crate) fn queues(settings: &Settings, db: Db, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Queues>> {
    let registry = Arc::new(telecine_app::jobs::registry());
    let table = TableQueues::new(db.clone(), clock.clone(), registry, clock.clone());
    Ok(match settings.bullmq().map_err(anyhow::Error::msg)? {
        None => Arc::new(table),
        Some(config) => Arc::new(BullMqQueues::new(table, db, clock, config)),
    })
}
