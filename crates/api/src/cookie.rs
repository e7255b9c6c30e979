//! The session cookie.

use http::{HeaderMap, HeaderValue, header};
use telecine_app::App;
use telecine_app::access::SESSION_LIFE;

const NAME: &str = "telecine_session";

/// The session in the request's cookies.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == NAME).then_some(value)
    })
}

/// A `Set-Cookie` with this session. Scripts cannot read it; other sites' requests do not carry it, but a link from
/// elsewhere still opens signed in.
pub(crate) fn signed_in(app: &App, session: &str) -> HeaderValue {
    cookie(app, session, SESSION_LIFE.as_secs())
}

/// A `Set-Cookie` that signs the browser out.
pub(crate) fn signed_out(app: &App) -> HeaderValue {
    cookie(app, "", 0)
}

fn cookie(app: &App, value: &str, max_age_s: u64) -> HeaderValue {
    let secure = if app.public_url.scheme() == "https" { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    // Signed texts hold letters, digits and `-_.~` only.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
