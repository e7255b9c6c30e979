//! `POST /api/v1/storage-events`.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use telecine_app::App;
use telecine_app::storage_events::{EventRefusal, hear};
use utoipa::ToSchema;

use crate::access::bearer_token;
use crate::extract::Json;
use crate::problem::Problem;

/// SNS sends at most 256 KB.
const MAX_BODY_BYTES: usize = 256 * 1024;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeardBody {
    /// Objects that the message says have arrived.
    objects: usize,
    /// Those of them that are the files of uploads and really there.
    arrived: usize,
}

/// Takes an event of AWS S3 (through SNS, by its signature), MinIO or Cloudflare R2 (with the token of
/// `storage_events.token`). Events are hints: the object is looked for, and repeating an event changes nothing.
#[utoipa::path(post, path = "/api/v1/storage-events", security(()), request_body = serde_json::Value,
    responses((status = 200, body = HeardBody), (status = "4XX", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<HeardBody>, Problem> {
    let body = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| too_large())?;
    let heard = hear(&app, bearer_token(&headers), &body).await?.map_err(|refusal| refused(&refusal))?;
    Ok(Json(HeardBody { objects: heard.objects, arrived: heard.arrived }))
}

fn too_large() -> Problem {
    let detail = format!(
        "the body could not be read or has more than {MAX_BODY_BYTES} bytes, the most that SNS sends"
    );
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

fn refused(refusal: &EventRefusal) -> Problem {
    let (status, code) = match refusal {
        EventRefusal::Off => (StatusCode::FORBIDDEN, "storage_events_off"),
        EventRefusal::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
        EventRefusal::NotOfTopic(_) => (StatusCode::FORBIDDEN, "sns_message_refused"),
        EventRefusal::Unreadable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_event"),
        EventRefusal::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "sns_unavailable"),
    };
    match refusal {
        // Anybody can send these; they shall not fill the log.
        EventRefusal::Off | EventRefusal::Unauthorized | EventRefusal::NotOfTopic(_) => {
            tracing::debug!(code, "a storage event was refused")
        }
        _ => tracing::warn!(code, "a storage event was refused: {refusal}"),
    }
    Problem::new(status, code, refusal.to_string())
}
