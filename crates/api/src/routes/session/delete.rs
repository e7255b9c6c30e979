//! `DELETE /api/v1/session`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use telecine_app::App;

use crate::cookie;

/// Signs the browser out.
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204, description = "signed out")))]
pub(crate) async fn delete(State(app): State<Arc<App>>) -> Response {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::signed_out(&app))]).into_response()
}
