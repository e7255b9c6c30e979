//! `/api/v1/cache-assets`: files of other people's servers.

pub(super) mod clean_up;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod read;
pub(super) mod refresh;
pub(super) mod retry_failed;
pub(super) mod stats;
pub(super) mod url;
pub(super) mod urls;

use serde::Serialize;
use telecine_app::cache::Named;
use telecine_db::cache::{Asset, CacheObject};
use utoipa::ToSchema;

use super::uploads::time;
use super::videos::FailureBody;

/// A file of somebody else's server, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetBody {
    id: String,
    /// The id that another program has for it.
    external_id: Option<String>,
    /// Where it was found.
    original_url: String,
    /// `PENDING`, `DOWNLOADING`, `CACHED` or `FAILED`.
    status: &'static str,
    /// Whether pictures are made smaller on their way in.
    optimize: bool,
    /// The media type by the first bytes, once it is here.
    content_type: Option<String>,
    /// Bytes, once it is here.
    size: Option<u64>,
    /// Hex SHA-256, once it is here; assets with the same one share one object.
    sha256: Option<String>,
    /// Pixels, as far as they are known.
    width: Option<i32>,
    height: Option<i32>,
    /// Whether it was given up to make room; it is fetched again when somebody asks for its address.
    evicted: bool,
    /// Why it could not be fetched, or asked for again.
    failure: Option<FailureBody>,
    /// When somebody last asked for its address.
    used_at: String,
    /// When its server last said what it has there.
    checked_at: Option<String>,
    created_at: String,
    updated_at: String,
}

/// The address that a name stands for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressBody {
    /// In storage or at the CDN once it is cached, the original address before and after a failure; null for a name that stands for
    /// nothing.
    url: Option<String>,
    /// The asset's status; null for what is no asset.
    status: Option<&'static str>,
}

impl From<(Asset, Option<CacheObject>)> for AssetBody {
    fn from((asset, object): (Asset, Option<CacheObject>)) -> Self {
        let (found_width, found_height) = object.as_ref().map(|it| (it.width, it.height)).unwrap_or_default();
        Self {
            id: asset.id.to_string(),
            external_id: asset.external_id,
            original_url: asset.url,
            status: asset.status.as_str(),
            optimize: asset.is_optimized,
            content_type: object.as_ref().map(|object| object.content_type.clone()),
            size: object.as_ref().map(|object| object.size),
            sha256: object.map(|object| object.sha256),
            width: found_width.or(asset.width),
            height: found_height.or(asset.height),
            evicted: asset.is_evicted,
            failure: asset.failure.map(FailureBody::from),
            used_at: time(asset.used_at),
            checked_at: asset.checked_at.map(time),
            created_at: time(asset.created_at),
            updated_at: time(asset.updated_at),
        }
    }
}

impl From<Named> for AddressBody {
    fn from(Named { url, status }: Named) -> Self {
        Self { url, status: status.map(|status| status.as_str()) }
    }
}
