//! `GET /api/v1/events`: server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::{HeaderMap, header};
use telecine_app::App;
use telecine_app::access::Owner;
use telecine_app::events::Message;

use super::{EventParams, listener};
use crate::extract::Params;
use crate::problem::Problem;

/// Clients that lose the connection come again after 2 s.
const RETRY: &str = "retry: 2000\n\n";

/// Live events as server-sent events: `video`, `upload` and `job` when one changes, with the id by which a client that
/// comes back goes on; `queue` with its numbers, once a second at most; `hello` at the start; `reset` when what a returning
/// client has missed is no longer kept. A comment follows every 15 s without an event.
#[utoipa::path(get, path = "/api/v1/events", params(EventParams),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 401, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
    Params(params): Params<EventParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let listener = listener(app, owner, &params, &headers)?;
    let first = stream::iter([Ok::<_, Infallible>(RETRY.to_owned())]);
    let events = stream::unfold(listener, async |mut listener| {
        let message = listener.next().await?;
        Some((Ok(text(&message)), listener))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would otherwise collect events until a buffer is full.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let body = Body::from_stream(futures::StreamExt::chain(first, events));
    Ok((headers, body).into_response())
}

/// The message as the HTML standard writes it. Data is JSON without line breaks.
fn text(message: &Message) -> String {
    match message {
        Message::Hello(position) => format!("id: {position}\nevent: hello\ndata: {{}}\n\n"),
        Message::Reset(position) => format!("id: {position}\nevent: reset\ndata: {{}}\n\n"),
        Message::Beat => ":\n\n".to_owned(),
        Message::Event(event) => {
            let id = event.position.map(|position| format!("id: {position}\n")).unwrap_or_default();
            format!("{id}event: {}\ndata: {}\n\n", event.topic.as_str(), event.data.get())
        }
    }
}
