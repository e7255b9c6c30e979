//! `GET /api/v1/ws`: the same over WebSocket.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use telecine_app::App;
use telecine_app::access::Owner;
use telecine_app::events::{Listener, Message};

use super::{EventParams, listener};
use crate::access::{bearer_token, same_origin};
use crate::extract::Params;
use crate::problem::Problem;

/// A client that takes nothing for so long is sent away; it goes on where it was when it comes again.
const WRITE_LIMIT: Duration = Duration::from_secs(20);
/// Clients have nothing to say but pings and goodbyes.
const MAX_MESSAGE_BYTES: usize = 4096;

/// A message to the client.
#[derive(Serialize)]
struct Body<'a> {
    /// By which a client that comes back goes on, as `last_event_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// `hello`, `reset`, `video`, `upload`, `job` or `queue`.
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

/// Live events over WebSocket: each message is `{"id", "event", "data"}`, as described for `/api/v1/events`. Pings follow
/// every 15 s without an event.
#[utoipa::path(get, path = "/api/v1/ws", params(EventParams),
    responses((status = 101, description = "the events follow"), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn socket(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
    Params(params): Params<EventParams>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    // Browsers open sockets for pages of any origin, and add the cookie.
    if bearer_token(&headers).is_none() {
        same_origin(&app, &headers)?;
    }
    let upgrade = upgrade.map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "not_a_websocket",
            "this address takes WebSocket connections only",
        )
    })?;
    let listener = listener(app.clone(), owner, &params, &headers)?;
    let upgrade = upgrade.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_MESSAGE_BYTES);
    // The process waits for it at its end.
    let token = app.tasks.token();
    drop(app);
    Ok(upgrade.on_upgrade(async move |socket| {
        converse(socket, listener).await;
        drop(token);
    }))
}

async fn converse(mut socket: WebSocket, mut listener: Listener) {
    loop {
        let message = tokio::select! {
            message = listener.next() => message,
            heard = socket.recv() => match heard {
                // Pings are answered by the library.
                Some(Ok(frame)) if !matches!(frame, Frame::Close(_)) => continue,
                _ => return,
            },
        };
        let Some(message) = message else {
            let again = CloseFrame { code: close_code::RESTART, reason: "come again".into() };
            let _ = tokio::time::timeout(WRITE_LIMIT, socket.send(Frame::Close(Some(again)))).await;
            return;
        };
        let sent = tokio::time::timeout(WRITE_LIMIT, socket.send(frame(&message))).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn frame(message: &Message) -> Frame {
    let body = match message {
        Message::Beat => return Frame::Ping(axum::body::Bytes::new()),
        Message::Hello(position) => Body { id: Some(position.to_string()), event: "hello", data: None },
        Message::Reset(position) => Body { id: Some(position.to_string()), event: "reset", data: None },
        Message::Event(event) => Body {
            id: event.position.map(|position| position.to_string()),
            event: event.topic.as_str(),
            data: Some(&event.data),
        },
    };
    Frame::Text(serde_json::to_string(&body).unwrap_or_default().into())
}
