//! `GET /health`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::App;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    /// The server's version.
    version: &'static str,
}

/// Says that the server is alive and its database answers.
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, body = Health), (status = 500, body = Problem)))]
pub(crate) async fn health(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    telecine_app::videos::page(&app, None, 1).await?;
    Ok(Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}
