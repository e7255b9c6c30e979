//! `/api/v1/images`, and the addresses under which everybody gets them.

pub(super) mod complete;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod read;
pub(super) mod serve;
pub(super) mod variants;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use telecine_app::images::{self, Made, Opened};
use telecine_app::{App, AppError};
use telecine_db::images::Image;
use telecine_image::{Kept, OutputFormat, Source, Variant};
use telecine_storage::PresignedRequest;
use utoipa::ToSchema;

use super::uploads::{headers_of, time};
use super::videos::FailureBody;

/// An image.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageBody {
    id: String,
    /// The id that another program has for it.
    external_id: Option<String>,
    title: String,
    /// `pending_upload`, `processing`, `ready` or `failed`. One that is made anew keeps its variants meanwhile.
    status: &'static str,
    /// Of the making, 0 to 1.
    progress: f64,
    /// What was uploaded, once it has been decoded.
    source: Option<ImageSourceBody>,
    /// What to show before any variant is there: a thumbhash in Base64.
    thumbhash: Option<String>,
    /// The picture 16 pixels wide as a `data:` URL.
    blurred: Option<String>,
    /// What is in storage.
    variants: Vec<VariantBody>,
    /// Why the last making came to nothing.
    failure: Option<FailureBody>,
    /// Where the file goes, while it is awaited.
    upload: Option<ImageUploadBody>,
    created_at: String,
    updated_at: String,
}

/// What came in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageSourceBody {
    /// `jpeg`, `png`, `webp` or `gif`, by its first bytes.
    format: &'static str,
    /// Pixels, upright.
    width: u32,
    height: u32,
    /// More than one is an animation.
    frames: u32,
    bytes: u64,
}

/// One size of an image.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VariantBody {
    name: String,
    width: u32,
    height: u32,
    frames: u32,
    bytes: u64,
    /// The media type of these bytes.
    content_type: &'static str,
    /// `webp` when the picture was made anew; `original` when that was no smaller or could not be made, and the original was
    /// kept without its metadata.
    kept: &'static str,
    /// Bytes that the WebP would have had, where the original was kept.
    webp_bytes: Option<u64>,
    /// The bytes, in storage or at the CDN; signed addresses live for at least 30 minutes.
    url: String,
    /// An address that can be kept: it needs no token, and leads to WebP or to what the client reads instead.
    address: String,
}

/// An upload: the whole file in one PUT.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageUploadBody {
    /// Always `put`.
    mode: &'static str,
    url: String,
    /// To be sent exactly so.
    headers: BTreeMap<String, String>,
    /// When the upload ends without further activity; the address lives equally long, at most an hour.
    expires_at: Option<String>,
}

/// A size: the picture fits into a box, keeps its proportions, and is never enlarged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantWish {
    /// Lowercase letters, digits, `-` and `_`.
    #[schema(example = "square")]
    name: String,
    /// Pixels, 1 to 16383.
    #[schema(example = 400)]
    width: u32,
    /// Pixels, 1 to 16383.
    #[schema(example = 400)]
    height: u32,
}

impl From<VariantWish> for Variant {
    fn from(VariantWish { name, width, height }: VariantWish) -> Self {
        Self { name, width, height, format: OutputFormat::WebP }
    }
}

impl ImageBody {
    async fn opened(app: &App, opened: Opened) -> Result<Self, AppError> {
        let expires_at = opened.image.expires_at;
        let upload = opened.put.map(|put| ImageUploadBody::new(put, expires_at));
        Ok(Self { upload, ..Self::new(app, opened.image).await? })
    }

    pub(super) async fn new(app: &App, image: Image) -> Result<Self, AppError> {
        let made = Made::from_json(image.report.as_deref());
        let mut variants = Vec::new();
        for variant in made.iter().flat_map(Made::asked_for) {
            variants.push(VariantBody {
                url: images::url_of(app, &image, variant).await?,
                address: images::address_of(app, image.id, &variant.name),
                name: variant.name.clone(),
                width: variant.width,
                height: variant.height,
                frames: variant.frames,
                bytes: variant.bytes,
                content_type: variant.format.media_type(),
                kept: match variant.kept {
                    Kept::WebP => "webp",
                    _ => "original",
                },
                webp_bytes: variant.webp_bytes,
            });
        }
        Ok(Self {
            id: image.id.to_string(),
            external_id: image.external_id,
            title: image.title,
            status: image.status.as_str(),
            progress: image.progress,
            source: made.as_ref().map(|made| ImageSourceBody::from(&made.source)),
            thumbhash: made.as_ref().map(|made| made.thumbhash.clone()),
            blurred: made.map(|made| made.blurred),
            variants,
            failure: image.failure.map(FailureBody::from),
            upload: None,
            created_at: time(image.created_at),
            updated_at: time(image.updated_at),
        })
    }
}

impl From<&Source> for ImageSourceBody {
    fn from(source: &Source) -> Self {
        let Source { format, width, height, frames, bytes } = *source;
        Self { format: format.name(), width, height, frames, bytes }
    }
}

impl ImageUploadBody {
    fn new(put: PresignedRequest, expires_at: Option<i64>) -> Self {
        let (url, headers) = (put.url.to_string(), headers_of(put.headers));
        Self { mode: "put", url, headers, expires_at: expires_at.map(time) }
    }
}
