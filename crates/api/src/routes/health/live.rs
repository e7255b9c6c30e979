//! `GET /health/live`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Live {
    /// `live`.
    status: &'static str,
}

/// Says that the process answers. One that does not is to be started again.
#[utoipa::path(get, path = "/health/live", security(()), responses((status = 200, body = Live)))]
pub(crate) async fn live() -> Json<Live> {
    Json(Live { status: "live" })
}
