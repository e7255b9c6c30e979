//! `POST /api/v1/images/{id}/variants`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use telecine_app::{App, images};
use telecine_image::Variant;
use telecine_model::ImageId;
use utoipa::ToSchema;

use super::{ImageBody, VariantWish};
use crate::extract::{Id, Json};
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoreVariants {
    /// Sizes to be added; one whose name the image has takes its place.
    variants: Vec<VariantWish>,
}

/// Adds variants to an image. They are made by a job; what there is stays until they are there.
#[utoipa::path(post, path = "/api/v1/images/{id}/variants", params(("id" = String, Path)), request_body = MoreVariants,
    responses((status = 202, body = ImageBody), (status = "4XX", body = Problem)))]
pub(crate) async fn variants(
    State(app): State<Arc<App>>,
    Id(id): Id<ImageId>,
    Json(more): Json<MoreVariants>,
) -> Result<(StatusCode, Json<ImageBody>), Problem> {
    let variants = more.variants.into_iter().map(Variant::from).collect();
    let image = images::add_variants(&app, id, variants).await?;
    Ok((StatusCode::ACCEPTED, Json(ImageBody::new(&app, image).await?)))
}
