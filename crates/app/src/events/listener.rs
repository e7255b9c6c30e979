//! One listener: catches up from the table, then gets what the reader passes on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use telecine_db::DbError;
use telecine_db::events::{self, Position};
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tokio::time::{Instant, sleep_until};

use super::hub::Audience;
use super::reader::of_queue;
use super::{EventFilter, LiveEvent, Topic};
use crate::App;
use crate::access::{Owner, owner_may_stay};

/// Events of one statement while catching up: what a client that does not read costs at most.
const PAGE: u64 = 200;
/// Something is sent at least this often, so that proxies keep the connection and the dead are found.
const BEAT_EVERY: Duration = Duration::from_secs(15);

/// What a listener is told.
#[derive(Debug, Clone)]
pub enum Message {
    /// The beginning: events after this place follow.
    Hello(Position),
    /// Something has changed.
    Event(Arc<LiveEvent>),
    /// Events before this place are lost: whatever was known has to be asked for again.
    Reset(Position),
    /// Nothing has happened for a while.
    Beat,
}

/// No place is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many listen to this server already; try again later")]
pub struct TooManyListeners;

/// Listens for one client.
pub struct Listener {
    app: Arc<App>,
    owner: Owner,
    filter: EventFilter,
    position: Position,
    stage: Stage,
    live: broadcast::Receiver<Arc<LiveEvent>>,
    pending: VecDeque<Message>,
    beat_at: Instant,
    _seat: Seat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing has been said yet.
    New,
    /// The client has seen events before, and goes on after them.
    Returning,
    /// There is more in the table.
    Behind,
    /// The reader says what is new.
    Live,
}

/// A place among the listeners.
struct Seat {
    app: Arc<App>,
    counts_queues: bool,
    _place: OwnedSemaphorePermit,
}

impl Seat {
    fn change(&self, change: impl Fn(usize) -> usize) {
        self.app.events.audience.send_modify(|audience: &mut Audience| {
            audience.listeners = change(audience.listeners);
            if self.counts_queues {
                audience.of_queues = change(audience.of_queues);
            }
        });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.change(|listeners| listeners.saturating_sub(1));
    }
}

/// Begins to listen, after the event that the client has seen last.
///
/// # Errors
/// [`TooManyListeners`].
pub fn listen(
    app: Arc<App>,
    owner: Owner,
    filter: EventFilter,
    seen: Option<Position>,
) -> Result<Listener, TooManyListeners> {
    let place = app.events.places.clone().try_acquire_owned().map_err(|_| TooManyListeners)?;
    let seat = Seat { app: app.clone(), counts_queues: filter.wants(Topic::Queue), _place: place };
    // Before the table is read: what the reader passes on from here is not missed.
    let live = app.events.live.subscribe();
    seat.change(|listeners| listeners + 1);
    Ok(Listener {
        app,
        owner,
        filter,
        position: seen.unwrap_or_default(),
        stage: if seen.is_some() { Stage::Returning } else { Stage::New },
        live,
        pending: VecDeque::new(),
        beat_at: Instant::now() + BEAT_EVERY,
        _seat: seat,
    })
}

impl Listener {
    /// The next message; `None` when the client has to come again: the process ends, the database has failed, or its token
    /// has been revoked.
    pub async fn next(&mut self) -> Option<Message> {
        let app = self.app.clone();
        let next = tokio::select! {
            () = app.events.closing.cancelled() => None,
            next = self.step_until_message() => next,
        };
        self.beat_at = Instant::now() + BEAT_EVERY;
        next
    }

    async fn step_until_message(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.pending.pop_front() {
                return Some(message);
            }
            let stepped = match self.stage {
                Stage::New => self.begin().await,
                Stage::Returning => self.come_back().await,
                Stage::Behind => self.catch_up().await,
                Stage::Live => return self.hear().await,
            };
            if let Err(error) = stepped {
                tracing::warn!(%error, "a listener is sent away because events cannot be read");
                return None;
            }
        }
    }

    // Whoever waits for a message may stop waiting and ask again: nothing changes before the last `await` of a step.

    async fn begin(&mut self) -> Result<(), DbError> {
        let position = events::newest(self.app.db.read()).await?;
        let queues = self.queues().await?;
        self.position = position;
        self.pending.push_back(Message::Hello(position));
        self.pending.extend(queues);
        self.stage = Stage::Live;
        Ok(())
    }

    async fn come_back(&mut self) -> Result<(), DbError> {
        let queues = self.queues().await?;
        if events::is_kept(self.app.db.read(), self.position).await? {
            self.stage = Stage::Behind;
        } else {
            self.position = events::newest(self.app.db.read()).await?;
            self.pending.push_back(Message::Reset(self.position));
            self.stage = Stage::Live;
        }
        self.pending.extend(queues);
        Ok(())
    }

    /// What has to wait for a transaction to end is passed on by the reader, which waits for it too.
    async fn catch_up(&mut self) -> Result<(), DbError> {
        let page = events::after(self.app.db.read(), self.position, PAGE).await?;
        match page.events.last() {
            Some(last) => self.position = last.position,
            None => self.stage = Stage::Live,
        }
        let wanted =
            page.events.into_iter().filter_map(LiveEvent::of).filter(|event| self.filter.fits(event));
        self.pending.extend(wanted.map(Message::Event));
        Ok(())
    }

    /// How every queue stands; from then on only changes are told.
    async fn queues(&self) -> Result<Vec<Message>, DbError> {
        if !self.filter.wants(Topic::Queue) {
            return Ok(Vec::new());
        }
        let queues = self.app.queues.overview().await?;
        let events = queues.iter().filter_map(|(queue, overview)| of_queue(queue, overview));
        Ok(events.filter(|event| self.filter.fits(event)).map(Message::Event).collect())
    }

    async fn hear(&mut self) -> Option<Message> {
        loop {
            tokio::select! {
                heard = self.live.recv() => match heard {
                    Ok(event) if self.is_news(&event) => return Some(Message::Event(event)),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.stage = Stage::Returning;
                        return Box::pin(self.step_until_message()).await;
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                () = sleep_until(self.beat_at) => {
                    let may_stay = owner_may_stay(&self.app.db, &self.owner).await.unwrap_or(true);
                    return may_stay.then_some(Message::Beat);
                }
            }
        }
    }

    /// Whether the event is wanted and comes after all that this listener has.
    fn is_news(&mut self, event: &LiveEvent) -> bool {
        match event.position {
            Some(position) if position <= self.position => return false,
            Some(position) => self.position = position,
            None => {}
        }
        self.filter.fits(event)
    }
}
