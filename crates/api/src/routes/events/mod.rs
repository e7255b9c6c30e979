//! `/api/v1/events` and `/api/v1/ws`: live events, over server-sent events and over WebSocket.

pub(super) mod socket;
pub(super) mod stream;

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use telecine_app::App;
use telecine_app::access::Owner;
use telecine_app::events::{EventFilter, Listener, listen};
use telecine_db::events::Position;
use utoipa::IntoParams;

use crate::problem::Problem;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventParams {
    /// `video`, `upload`, `job` and `queue`, with commas between them; all when left out.
    #[serde(default)]
    topics: String,
    /// Ids, with commas between them: only what they name or what concerns them, such as the jobs of a video.
    #[serde(default)]
    subject: String,
    /// The id of the last event that was seen; browsers send it as the header `Last-Event-ID`.
    last_event_id: Option<String>,
}

/// Begins to listen.
fn listener(
    app: Arc<App>,
    owner: Owner,
    params: &EventParams,
    headers: &HeaderMap,
) -> Result<Listener, Problem> {
    let filter = EventFilter::parse(&params.topics, &params.subject).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", format!("topics: {error}"))
    })?;
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = header.or(params.last_event_id.as_deref()).filter(|id| !id.is_empty());
    let seen: Option<Position> = seen.map(str::parse).transpose().map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", format!("last_event_id is {error}"))
    })?;
    listen(app, owner, filter, seen).map_err(|error| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_listeners", error.to_string())
    })
}
