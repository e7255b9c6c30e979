//! Trying failed assets again, and removing those that nobody uses.

use std::time::Duration;

use telecine_db::cache as rows;

use super::{delete_in, fetch_again};
use crate::{App, AppError};

/// Assets of one transaction.
const AT_ONCE: u64 = 200;
/// More days than any cache is old.
const MAX_DAYS: u32 = 3650;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a clean-up removes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanedUp {
    /// Assets.
    pub assets: u64,
    /// Bytes of objects that no other asset has.
    pub bytes: u64,
}

/// Has every failed asset fetched once more, and gives how many there are.
///
/// # Errors
/// [`AppError::Db`].
pub async fn retry_failed(app: &App) -> Result<u64, AppError> {
    // What fails again meanwhile has had its chance.
    let (before, mut after, mut retried) = (app.clock.now_ms(), None, 0);
    loop {
        let failed = rows::failed(app.db.read(), before, after, AT_ONCE).await?;
        after = failed.last().map(|asset| asset.id);
        if after.is_none() {
            return Ok(retried);
        }
        let tx = app.db.begin().await?;
        for asset in &failed {
            retried += u64::from(fetch_again(app, &tx, asset.id).await?.is_some());
        }
        tx.commit().await?;
    }
}

/// Removes the assets whose addresses nobody has asked for in so many days (1 to 3650), or with `dry_run` tells what would be
/// removed.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_days`.
pub async fn clean_up(app: &App, days: u32, dry_run: bool) -> Result<CleanedUp, AppError> {
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(AppError::invalid("invalid_days", format!("older_than_days must be 1 to {MAX_DAYS}")));
    }
    let before = (app.clock.now() - DAY * days).as_millisecond();
    let (assets, bytes) = rows::count_unused_since(app.db.read(), before).await?;
    if dry_run {
        return Ok(CleanedUp { assets, bytes });
    }
    let mut removed = 0;
    loop {
        let unused = rows::unused_since(app.db.read(), before, AT_ONCE).await?;
        if unused.is_empty() {
            return Ok(CleanedUp { assets: removed, bytes });
        }
        for asset in unused {
            // One at a time: each takes the rows of its jobs first.
            let tx = app.db.begin().await?;
            let is_removed = delete_in(app, &tx, asset.id, |asset| asset.is_unused_since(before)).await?;
            tx.commit().await?;
            removed += u64::from(is_removed);
        }
    }
}
