//! `GET /openapi.json`.

use axum::response::IntoResponse;

/// This description.
#[utoipa::path(get, path = "/openapi.json", security(()), responses((status = 200, description = "OpenAPI 3.1")))]
pub(crate) async fn openapi_json() -> impl IntoResponse {
    axum::Json(crate::openapi::document())
}
