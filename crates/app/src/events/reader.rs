//! The one task of a process that follows the table of events, while somebody listens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use serde_json::value::RawValue;
use telecine_db::DbError;
use telecine_db::events::{self, Position};
use telecine_queue::QueueOverview;

use super::hub::Audience;
use super::{LiveEvent, Topic};
use crate::App;

/// Events of one statement.
const PAGE: u64 = 500;
/// Events of processes that cannot tell this one are found within this time: those on the same SQLite file.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The next look when events wait for a transaction to end, and after the database failed.
const LOOK_SOON: Duration = Duration::from_millis(50);
const DATABASE_RETRY: Duration = Duration::from_secs(1);
/// Queues are counted at most this often.
const COUNT_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Reader {
    app: Arc<App>,
    position: Position,
    told: BTreeMap<String, QueueOverview>,
    counted_at: jiff::Timestamp,
}

impl Reader {
    pub(super) async fn at_the_end(app: Arc<App>) -> Result<Self, DbError> {
        let position = events::newest(app.db.read()).await?;
        Ok(Self { app, position, told: BTreeMap::new(), counted_at: jiff::Timestamp::UNIX_EPOCH })
    }

    pub(super) async fn follow(mut self) {
        let closing = self.app.events.closing.clone();
        tokio::select! {
            () = closing.cancelled() => {}
            () = self.follow_on() => {}
        }
    }

    /// Keeps its place while nobody listens, so that who begins to listen meanwhile misses nothing.
    async fn follow_on(&mut self) {
        let (mut written, mut jobs) = (self.app.db.signals().events(), self.app.db.signals().jobs());
        let mut audience = self.app.events.audience.subscribe();
        loop {
            if audience.wait_for(|audience| audience.listeners > 0).await.is_err() {
                return;
            }
            written.mark_unchanged();
            jobs.mark_unchanged();
            let now = *audience.borrow_and_update();
            let wait = self.turn(now).await;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = written.changed(), if wait > LOOK_SOON => {}
                _ = jobs.changed(), if wait > LOOK_SOON && now.of_queues > 0 => {}
                _ = audience.changed() => {}
            }
        }
    }

    /// Passes on what is new; says when to look again at the latest.
    async fn turn(&mut self, audience: Audience) -> Duration {
        let read = async {
            let is_waiting = self.pass_on().await?;
            if audience.of_queues > 0 {
                self.count().await?;
            }
            Ok::<_, DbError>(is_waiting)
        };
        match read.await {
            Ok(true) => LOOK_SOON,
            Ok(false) => LOOK_AGAIN,
            Err(error) => {
                tracing::warn!(%error, "events cannot be read, will try again");
                DATABASE_RETRY
            }
        }
    }

    /// Whether there are events that have to wait.
    async fn pass_on(&mut self) -> Result<bool, DbError> {
        loop {
            let page = events::after(self.app.db.read(), self.position, PAGE).await?;
            let Some(last) = page.events.last() else { return Ok(page.is_waiting) };
            self.position = last.position;
            for event in page.events.into_iter().filter_map(LiveEvent::of) {
                // The last listener may just have left.
                let _ = self.app.events.live.send(event);
            }
            if page.is_waiting {
                return Ok(true);
            }
        }
    }

    /// Tells of the queues that stand differently than when they were told of last.
    async fn count(&mut self) -> Result<(), DbError> {
        let now = self.app.clock.now();
        if now < self.counted_at + COUNT_EVERY {
            return Ok(());
        }
        self.counted_at = now;
        let queues = self.app.queues.overview().await?;
        for (queue, overview) in &queues {
            if self.told.get(queue) != Some(overview)
                && let Some(event) = of_queue(queue, overview)
            {
                let _ = self.app.events.live.send(event);
            }
        }
        self.told = queues;
        Ok(())
    }
}

/// The event that tells how a queue stands.
pub(super) fn of_queue(queue: &str, overview: &QueueOverview) -> Option<Arc<LiveEvent>> {
    let counts = overview.counts;
    let data = json!({
        "name": queue, "waiting": counts.waiting, "active": counts.active, "completed": counts.completed,
        "failed": counts.failed, "delayed": counts.delayed, "waiting-children": counts.waiting_children,
        "paused": overview.is_paused,
    });
    let data = RawValue::from_string(data.to_string()).ok()?;
    let subject = queue.to_owned();
    Some(Arc::new(LiveEvent { position: None, topic: Topic::Queue, subject, concerns: None, data }))
}
