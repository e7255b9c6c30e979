//! `POST /api/v1/images/{id}/complete`.

use std::sync::Arc;

use axum::extract::State;
use telecine_app::{App, images};
use telecine_model::ImageId;

use super::ImageBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// Says that the file is in storage. Saying it again changes nothing.
#[utoipa::path(post, path = "/api/v1/images/{id}/complete", params(("id" = String, Path)),
    responses((status = 200, body = ImageBody), (status = "4XX", body = Problem)))]
pub(crate) async fn complete(
    State(app): State<Arc<App>>,
    Id(id): Id<ImageId>,
) -> Result<Json<ImageBody>, Problem> {
    let image = images::complete(&app, id).await?;
    Ok(Json(ImageBody::new(&app, image).await?))
}
