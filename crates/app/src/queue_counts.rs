//! How many jobs wait, run and have ended, for those who watch.

use std::collections::BTreeMap;

use telecine_db::DbError;
use telecine_queue::{QueueOverview, overview};

use crate::App;
use crate::jobs::registry;

/// Every queue by name, also those without jobs.
///
/// # Errors
/// [`DbError`].
pub async fn queue_counts(app: &App) -> Result<BTreeMap<String, QueueOverview>, DbError> {
    overview(&app.db, &registry()).await
}
