//! `GET /api/v1/session`.

use axum::extract::Extension;
use serde::Serialize;
use telecine_app::access::Owner;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Always true: without a session the answer is 401.
    signed_in: bool,
    /// `full`, or `read` for somebody who may change nothing.
    scope: &'static str,
}

/// Says whether the browser is signed in, and how much it may do.
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, body = Session), (status = 401, body = Problem)))]
pub(crate) async fn read(Extension(owner): Extension<Owner>) -> Json<Session> {
    Json(Session { signed_in: true, scope: owner.scope().as_str() })
}
