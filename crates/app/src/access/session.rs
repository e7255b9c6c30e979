//! Browser sessions: a signed cookie, and the signed link that sets it.

use std::time::Duration;

use telecine_db::DbError;
use telecine_model::Clock;
use url::Url;

use super::owner::Owner;
use super::signer::{Purpose, Signer, random_text};
use crate::App;

/// How long a browser stays signed in.
pub const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a printed sign-in link works.
const SIGN_IN_LINK_LIFE: Duration = Duration::from_secs(15 * 60);
/// Makes two links of the same second differ.
const NONCE_BYTES: usize = 12;

/// The value of a session cookie for a browser that came by a printed link.
#[must_use]
pub fn new_session(app: &App) -> String {
    sign_session(app, &Owner::BROWSERS)
}

/// The value of a session cookie for a browser that showed a token of this owner; the session ends with the token.
#[must_use]
pub fn new_session_of(app: &App, owner: &Owner) -> String {
    sign_session(app, owner)
}

/// Whose session a cookie's value is; `None` when it is no live one.
///
/// # Errors
/// [`DbError`].
pub async fn session_owner(app: &App, cookie: &str) -> Result<Option<Owner>, DbError> {
    match app.signer.verify(Purpose::Session, cookie, app.clock.now()) {
        Some(payload) => Owner::of_payload(&app.db, payload).await,
        None => Ok(None),
    }
}

fn sign_session(app: &App, owner: &Owner) -> String {
    app.signer.sign(Purpose::Session, &owner.payload(), app.clock.now() + SESSION_LIFE)
}

/// The address that signs a browser in and goes on to `page`, a path such as `/watch/…`.
#[must_use]
pub fn sign_in_address(signer: &Signer, clock: &dyn Clock, public_url: &Url, page: &str) -> Url {
    let code = signer.sign(Purpose::SignIn, &random_text(NONCE_BYTES), clock.now() + SIGN_IN_LINK_LIFE);
    let mut address = public_url.clone();
    address.set_path("/sign-in");
    address.query_pairs_mut().append_pair("code", &code).append_pair("next", page);
    address
}

/// Whether the code of a sign-in link still works.
#[must_use]
pub fn sign_in_code_is_valid(app: &App, code: &str) -> bool {
    app.signer.verify(Purpose::SignIn, code, app.clock.now()).is_some()
}
