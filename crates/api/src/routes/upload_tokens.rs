//! `POST /api/v1/upload-tokens`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use http::StatusCode;
use secrecy::ExposeSecret;
use serde::Serialize;
use telecine_app::App;
use telecine_app::access::{Owner, new_upload_token};
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadTokenBody {
    /// A bearer token for the routes of uploads, and part of the addresses under `/uppy/`.
    #[schema(format = Password)]
    token: String,
    /// What Uppy takes as `companionEndpoint`.
    #[schema(example = "https://video.example/uppy/TOKEN")]
    companion_endpoint: String,
    /// When the token stops working; uploads that run then can be completed with a new one.
    expires_at: String,
}

/// Makes a token that lets a browser upload, with `<telecine-uploader>` or with Uppy, and do nothing else, within the limits of the token that asks.
#[utoipa::path(post, path = "/api/v1/upload-tokens",
    responses((status = 201, body = UploadTokenBody), (status = 401, body = Problem)))]
pub(crate) async fn upload_tokens(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
) -> (StatusCode, Json<UploadTokenBody>) {
    let made = new_upload_token(&app, &owner);
    let token = made.text.expose_secret().to_owned();
    let mut endpoint = app.public_url.clone();
    endpoint.set_path(&format!("/uppy/{token}"));
    let body = UploadTokenBody {
        token,
        companion_endpoint: endpoint.into(),
        expires_at: made.expires_at.to_string(),
    };
    (StatusCode::CREATED, Json(body))
}
