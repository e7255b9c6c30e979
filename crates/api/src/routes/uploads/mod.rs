//! `/api/v1/uploads`: sessions in which a client sends a file straight to storage.

pub(super) mod complete;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod limits;
pub(super) mod parts;
pub(super) mod read;
pub(super) mod status;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use telecine_db::uploads::Upload;
use telecine_model::UploadMode;
use utoipa::ToSchema;

/// An upload session. `mode` says how the bytes travel; the client obeys it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadBody {
    id: String,
    video_id: String,
    /// `open`, `stored` or `expired`.
    status: &'static str,
    filename: String,
    size: u64,
    content_type: String,
    #[serde(flatten)]
    mode: ModeBody,
    /// When the session ends without further activity; addresses live equally long, at most an hour, and can be signed anew.
    expires_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub(crate) enum ModeBody {
    /// The whole file in one PUT; `url` and `headers` are there while the upload is open.
    Put {
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// To be sent exactly so.
        #[serde(skip_serializing_if = "Option::is_none")]
        headers: Option<BTreeMap<String, String>>,
    },
    /// Parts of `part_size` bytes, the last one shorter; their addresses come from `/parts`.
    Multipart { part_size: u64, part_count: u32 },
    /// A form that Uppy posts; `size` is 0 until it has arrived.
    Form,
    /// Parts as Uppy cuts them; `size` is what has been seen to arrive.
    FreeParts,
}

/// A part that is in storage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartBody {
    number: u16,
    etag: String,
    size: u64,
}

impl UploadBody {
    fn new(upload: &Upload, put: Option<telecine_storage::PresignedRequest>) -> Self {
        let mode = match upload.mode {
            UploadMode::Put => {
                let (url, headers) = put.map(|put| (put.url.to_string(), headers_of(put.headers))).unzip();
                ModeBody::Put { url, headers }
            }
            UploadMode::Multipart { part_size, part_count } => ModeBody::Multipart { part_size, part_count },
            UploadMode::Form => ModeBody::Form,
            UploadMode::FreeParts => ModeBody::FreeParts,
        };
        Self {
            id: upload.id.to_string(),
            video_id: upload.video_id.to_string(),
            status: upload.status.as_str(),
            filename: upload.filename.clone(),
            size: upload.size,
            content_type: upload.content_type.clone(),
            mode,
            expires_at: time(upload.expires_at),
        }
    }
}

pub(super) fn headers_of(headers: Vec<(String, String)>) -> BTreeMap<String, String> {
    // Browsers set the length themselves and refuse to be told.
    headers
        .into_iter()
        .filter(|(name, _)| {
            !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host")
        })
        .collect()
}

/// Milliseconds since 1970 as RFC 3339, always with three decimals, so that times sort as text too.
pub(super) fn time(ms: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(ms).unwrap_or_default())
}
