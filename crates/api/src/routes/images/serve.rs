//! `GET /images/{id}/{variant}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use telecine_app::App;
use telecine_app::images::{self, Accepted};
use telecine_model::ImageId;

use crate::problem::Problem;

/// What an address at the CDN leads to stays for 12 hours after it was replaced, and a signed one works for half an hour at least.
const PUBLIC: &str = "public, max-age=21600";
const SIGNED: &str = "private, max-age=900";

/// Leads on to a variant of an image: WebP for clients that read it, something else for the others. Needs no token: whoever
/// has the address may see the picture.
#[utoipa::path(get, path = "/images/{id}/{variant}", security(()),
    params(("id" = String, Path), ("variant" = String, Path)),
    responses((status = 302, description = "to the picture"), (status = 304, description = "as before"),
        (status = 404, body = Problem)))]
pub(crate) async fn serve(
    State(app): State<Arc<App>>,
    Path((id, variant)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id: ImageId = id.parse().map_err(|_| Problem::not_found())?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let served = images::serve(&app, id, &variant, Accepted::parse(text(header::ACCEPT))).await?;
    let cache = if served.is_public { PUBLIC } else { SIGNED };
    let known = text(header::IF_NONE_MATCH).split(',').any(|etag| etag.trim() == served.etag);
    let common = [
        (header::ETAG, served.etag),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::VARY, "accept".to_owned()),
    ];
    // A signed address of before has an end; only one at the CDN is as good as new.
    if known && served.is_public {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((StatusCode::FOUND, common, [(header::LOCATION, served.url)]).into_response())
}
