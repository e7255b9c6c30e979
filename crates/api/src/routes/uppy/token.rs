//! The token in the address.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use http::StatusCode;
use http::request::Parts;
use telecine_app::access::{Owner, upload_token_owner};
use telecine_app::{App, AppError};

use super::UppyError;
use crate::problem::Problem;

/// A genuine upload token: whom its bearer uploads for.
pub(crate) struct UploadToken(pub(crate) Owner);

impl FromRequestParts<Arc<App>> for UploadToken {
    type Rejection = UppyError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, UppyError> {
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let token = names.ok().and_then(|Path(mut names)| names.remove("token")).unwrap_or_default();
        let owner = upload_token_owner(app, &token).await.map_err(AppError::from)?;
        owner.map(Self).ok_or_else(|| {
            let detail =
                "the upload token has expired or is wrong; ask for a new one with POST /api/v1/upload-tokens";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).into()
        })
    }
}
