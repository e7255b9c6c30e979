//! Upload tokens: for browsers that may upload and do nothing else. For Uppy, which sends no headers of ours, they stand in
//! addresses; the others send them as bearer tokens.

use jiff::Timestamp;
use secrecy::SecretString;
use telecine_db::DbError;

use super::owner::Owner;
use super::signer::Purpose;
use crate::App;

/// A token and its end.
#[derive(Debug)]
pub struct UploadToken {
    /// Safe in an address.
    pub text: SecretString,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A token with which anybody may upload for this owner for a while; it ends with the owner's own token.
#[must_use]
pub fn new_upload_token(app: &App, owner: &Owner) -> UploadToken {
    let expires_at = app.clock.now() + app.uploads.token_life();
    let text = app.signer.sign(Purpose::Upload, &owner.payload(), expires_at);
    UploadToken { text: text.into(), expires_at }
}

/// For whom the token uploads; `None` when it is none of ours, has expired, or its owner's token has been revoked.
///
/// # Errors
/// [`DbError`].
pub async fn upload_token_owner(app: &App, text: &str) -> Result<Option<Owner>, DbError> {
    match app.signer.verify(Purpose::Upload, text, app.clock.now()) {
        Some(payload) => Owner::of_payload(&app.db, payload).await,
        None => Ok(None),
    }
}
