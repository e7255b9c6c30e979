//! `GET /api/v1/system`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::App;
use telecine_app::doctor::{Finding, findings};
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemBody {
    /// Of this program.
    version: &'static str,
    findings: Vec<FindingBody>,
}

/// What one check found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingBody {
    /// What was looked at.
    what: &'static str,
    ok: bool,
    /// What was seen, or what to do.
    detail: String,
}

impl From<Finding> for FindingBody {
    fn from(Finding { what, is_ok, detail }: Finding) -> Self {
        Self { what, ok: is_ok, detail }
    }
}

/// Looks at database, storage and tools, as `telecine doctor` does.
#[utoipa::path(get, path = "/api/v1/system", responses((status = 200, body = SystemBody), (status = 401, body = Problem)))]
pub(crate) async fn read(State(app): State<Arc<App>>) -> Json<SystemBody> {
    let findings = findings(&app).await.into_iter().map(FindingBody::from).collect();
    Json(SystemBody { version: env!("CARGO_PKG_VERSION"), findings })
}
