//! `GET /api/v1/images/{id}`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use telecine_app::access::Owner;
use telecine_app::{App, images};
use telecine_model::ImageId;

use super::ImageBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// One image. While its file is awaited, asking for it prolongs the upload and signs its address anew.
#[utoipa::path(get, path = "/api/v1/images/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ImageBody), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
    Id(id): Id<ImageId>,
) -> Result<Json<ImageBody>, Problem> {
    let image = images::find(&app, id).await?;
    // An address that takes bytes is for those who may change something.
    if !owner.may_change() {
        return Ok(Json(ImageBody::new(&app, image).await?));
    }
    let opened = images::sign_again(&app, image).await?;
    Ok(Json(ImageBody::opened(&app, opened).await?))
}
