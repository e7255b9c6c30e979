//! `GET /health/ready`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use telecine_app::App;
use telecine_app::health::{EngineState, readiness};
use utoipa::ToSchema;

use crate::extract::Json;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready` or `not_ready`.
    status: &'static str,
    checks: Checks,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checks {
    /// `ok` or `silent`.
    database: &'static str,
    /// `ok` once a job that does nothing has run here, and from then on once a minute; `starting` before the first;
    /// `stuck` when one does not end; `elsewhere` when the jobs of this server run in other processes.
    engine: &'static str,
}

/// Says whether work may be sent here: the database answers, and jobs run.
#[utoipa::path(get, path = "/health/ready", security(()), responses((status = 200, body = Ready), (status = 503, body = Ready)))]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let found = readiness(&app).await;
    let engine = match found.engine {
        EngineState::Working => "ok",
        EngineState::Starting => "starting",
        EngineState::Stuck => "stuck",
        EngineState::Elsewhere => "elsewhere",
    };
    let checks = Checks { database: if found.database { "ok" } else { "silent" }, engine };
    if found.is_ready() {
        return Json(Ready { status: "ready", checks }).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(Ready { status: "not_ready", checks })).into_response()
}
