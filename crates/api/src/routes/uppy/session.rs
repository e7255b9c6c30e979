//! The upload session that an address names.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use telecine_app::{App, AppError, uploads};
use telecine_db::uploads::Upload;
use telecine_model::key;

use super::{KeyParam, UploadToken, UppyError};
use crate::extract::Params;

/// The session of `uploadId` and `key`, if it is the token owner's.
pub(crate) struct Session(pub(crate) Upload);

impl FromRequestParts<Arc<App>> for Session {
    type Rejection = UppyError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, UppyError> {
        let UploadToken(owner) = UploadToken::from_request_parts(parts, app).await?;
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let id = names.ok().and_then(|Path(names)| names.get("uploadId")?.parse().ok());
        let Params(KeyParam { key }) = Params::from_request_parts(parts, app).await?;
        let not_found = || AppError::NotFound { what: "upload" };
        let upload = uploads::find_of_owner(app, &owner, id.ok_or_else(not_found)?).await?;
        if key::source(upload.video_id) != key {
            return Err(not_found().into());
        }
        Ok(Self(upload))
    }
}
