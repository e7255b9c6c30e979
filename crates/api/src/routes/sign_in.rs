//! `GET /sign-in`: the link that the server prints.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header;
use serde::Deserialize;
use telecine_app::App;
use telecine_app::access::{new_session, sign_in_code_is_valid};
use utoipa::IntoParams;

use crate::cookie;
use crate::extract::Params;

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct SignIn {
    /// The code of the printed link; lives 15 minutes.
    #[serde(default)]
    code: String,
    /// The page to go on to.
    #[serde(default)]
    next: Option<String>,
}

/// Signs the browser in and goes on to the page. With an expired code the page asks for a token.
#[utoipa::path(get, path = "/sign-in", security(()), params(SignIn), responses((status = 303, description = "to the page")))]
pub(crate) async fn sign_in(State(app): State<Arc<App>>, Params(link): Params<SignIn>) -> Response {
    let next = link.next.as_deref().filter(|next| is_own_page(next)).unwrap_or("/");
    let mut response = Redirect::to(next).into_response();
    if sign_in_code_is_valid(&app, &link.code) {
        response.headers_mut().insert(header::SET_COOKIE, cookie::signed_in(&app, &new_session(&app)));
    }
    response
}

/// A path on this server and nothing a browser could read as another host.
fn is_own_page(next: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    next.starts_with('/') && !next.starts_with("//") && next.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_leads_to_pages_of_this_server_only() {
        assert!(is_own_page("/watch/0190-a_b"));
        for other in ["//evil.example", "/\\evil.example", "https://evil.example", "", "watch", "/a?b", "/\n"]
        {
            assert!(!is_own_page(other), "{other:?}");
        }
    }
}
