//! Live events: what has changed, told to whoever watches, at once and in order.
//!
//! The table of events is the truth. One reader a process follows it while somebody listens and passes each event on to all
//! listeners of the process. A [`Listener`] that is new, comes back or is behind reads the table itself until it has caught
//! up: a slow client costs no memory but its own request.

mod filter;
mod hub;
mod listener;
mod reader;

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;
use telecine_db::events::{Event, Position};

pub use filter::{EventFilter, Topic, UnknownTopic};
pub use hub::EventHub;
pub use listener::{Listener, Message, TooManyListeners, listen};

/// An event on its way to listeners.
#[derive(Debug)]
pub struct LiveEvent {
    /// Its place; `None` for what is counted for listeners and is not in the table.
    pub position: Option<Position>,
    /// What it is about.
    pub topic: Topic,
    /// The id of what has changed, or the name of a queue.
    pub subject: String,
    /// What else it concerns: the video of an upload, the subject of a job, the movie of an episode.
    pub concerns: Option<String>,
    /// How it stands: a JSON object.
    pub data: Box<RawValue>,
}

impl LiveEvent {
    /// `None` for a kind of a newer release.
    fn of(event: Event) -> Option<Arc<Self>> {
        let topic = event.kind.parse().ok()?;
        let fields: Value = serde_json::from_str(&event.data).ok()?;
        let concerns =
            ["subject", "video_id", "movie_id"].into_iter().find_map(|name| fields.get(name)?.as_str());
        Some(Arc::new(Self {
            position: Some(event.position),
            topic,
            subject: event.subject,
            concerns: concerns.map(str::to_owned),
            data: RawValue::from_string(event.data).ok()?,
        }))
    }
}
