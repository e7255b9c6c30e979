//! `GET /api/v1/uploads/{id}`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::Serialize;
use telecine_app::access::Owner;
use telecine_app::{App, uploads};
use telecine_model::UploadId;
use utoipa::ToSchema;

use super::{PartBody, UploadBody};
use crate::extract::{Id, Json};
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadWithParts {
    #[serde(flatten)]
    upload: UploadBody,
    /// The parts that are really in storage.
    parts: Vec<PartBody>,
}

/// The upload session, with a fresh address and the parts that are really in storage.
#[utoipa::path(get, path = "/api/v1/uploads/{id}", params(("id" = String, Path)),
    responses((status = 200, body = UploadWithParts), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
    Id(id): Id<UploadId>,
) -> Result<Json<UploadWithParts>, Problem> {
    // The answer holds an address that takes bytes.
    if !owner.may_change() {
        return Err(Problem::read_only());
    }
    let upload = uploads::find_looking(&app, id).await?;
    let parts = uploads::stored_parts(&app, &upload).await?;
    let parts =
        parts.into_iter().map(|part| PartBody { number: part.number, etag: part.etag, size: part.size });
    let signed = uploads::sign_again(&app, upload).await?;
    Ok(Json(UploadWithParts { upload: UploadBody::new(&signed.upload, signed.put), parts: parts.collect() }))
}
