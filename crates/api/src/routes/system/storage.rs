//! `GET /api/v1/storage`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::{App, AppError};
use telecine_db::objects;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StorageBody {
    /// Objects that are written down.
    objects: u64,
    /// Their bytes.
    bytes: u64,
    /// The same by kind, most bytes first.
    kinds: Vec<KindBody>,
    /// Signed addresses since this process started.
    urls: UrlsBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KindBody {
    /// `source`, `captions`, `segments`, `pictures`, `downloads` or `documents`.
    kind: String,
    objects: u64,
    bytes: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UrlsBody {
    /// Answered from memory.
    hits: u64,
    /// From Redis, or signed anew.
    misses: u64,
}

/// What the ledger has in storage, and how the cache of signed addresses does.
#[utoipa::path(get, path = "/api/v1/storage", responses((status = 200, body = StorageBody), (status = 401, body = Problem)))]
pub(crate) async fn storage(State(app): State<Arc<App>>) -> Result<Json<StorageBody>, Problem> {
    let sums = objects::sums(app.db.read()).await.map_err(AppError::from)?;
    let usage = app.urls.usage();
    Ok(Json(StorageBody {
        objects: sums.iter().map(|sum| sum.objects).sum(),
        bytes: sums.iter().map(|sum| sum.bytes).sum(),
        kinds: sums
            .into_iter()
            .map(|sum| KindBody { kind: sum.kind, objects: sum.objects, bytes: sum.bytes })
            .collect(),
        urls: UrlsBody { hits: usage.hits, misses: usage.misses },
    }))
}
