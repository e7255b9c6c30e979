//! `GET /api/v1/session`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Always true: without a session the answer is 401.
    signed_in: bool,
}

/// Says whether the browser is signed in.
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, body = Session), (status = 401, body = Problem)))]
pub(crate) async fn read() -> Json<Session> {
    Json(Session { signed_in: true })
}
