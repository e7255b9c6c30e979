//! Fetching an address that somebody typed in.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, header};
use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, Response, redirect};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use crate::address::is_public;
use crate::body::Fetched;
use crate::config::{OutboundConfig, Place};
use crate::error::OutboundError;
use crate::resolve::{Names, PrivateName, PublicOnly, SystemNames};
use crate::retry_after::retry_after;

/// Redirects followed.
const MAX_REDIRECTS: usize = 5;

/// A server that does not take a connection within this time is treated as down.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer addresses are not used on the web.
const MAX_URL_BYTES: usize = 8 * 1024;

/// How this program calls itself.
const USER_AGENT: &str = concat!("Telecine/", env!("CARGO_PKG_VERSION"));

/// How much of somebody else's server is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the body.
    pub max_bytes: u64,
    /// From the first request to the last byte, redirects included.
    pub total: Duration,
    /// Between two signs of life.
    pub idle: Duration,
}

/// What is known of a file from before: a server that still has it so need not send it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The ETag that it had.
    pub etag: Option<String>,
    /// When it was changed, as its server said it.
    pub last_modified: Option<String>,
}

/// An answer to a request with [`Conditions`].
#[derive(Debug)]
pub enum Fetch {
    /// The file, whose body has not been read yet.
    Body(Box<Fetched>),
    /// It is still as it was.
    NotModified,
}

/// Makes requests. Clones share connections.
#[derive(Clone)]
pub struct Outbound {
    /// Reaches public addresses only.
    guarded: Client,
    /// Reaches everything: for places that the settings name.
    pub(crate) open: Client,
    allowed: Arc<[Place]>,
    ports: Arc<[u16]>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Outbound {
    /// A client that connects at its first request.
    ///
    /// # Errors
    /// A sentence about a setting that cannot work, or about a system without usable certificates.
    pub fn new(config: &OutboundConfig) -> Result<Self, String> {
        Self::with_names(config, Arc::new(SystemNames))
    }

    /// The same with names that are looked up elsewhere, for addresses that users name.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_names(config: &OutboundConfig, names: Arc<dyn Names>) -> Result<Self, String> {
        // A proxy would resolve names itself, behind the back of the check.
        let client = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT)
                .user_agent(USER_AGENT)
        };
        let built = |error: reqwest::Error| format!("no HTTPS client can be made: {error}");
        Ok(Self {
            guarded: client().dns_resolver(Arc::new(PublicOnly(names))).build().map_err(built)?,
            open: client().build().map_err(built)?,
            allowed: config.places()?.into(),
            ports: config.checked_ports()?.into(),
        })
    }

    /// Asks for `url` and gives the answer as soon as its head is there. Redirects are followed.
    ///
    /// # Errors
    /// See [`OutboundError`]; anything but a 2xx is `Refused`.
    pub async fn fetch(&self, url: &Url, limits: Limits, now: Timestamp) -> Result<Fetched, OutboundError> {
        match self.fetch_if(url, limits, &Conditions::default(), now).await? {
            Fetch::Body(fetched) => Ok(*fetched),
            // Nobody has asked for that.
            Fetch::NotModified => Err(OutboundError::Refused {
                host: host_of(url),
                status: StatusCode::NOT_MODIFIED,
                retry_after: None,
            }),
        }
    }

    /// The same for a file of which something is known.
    ///
    /// # Errors
    /// As for [`fetch`](Self::fetch).
    pub async fn fetch_if(
        &self,
        url: &Url,
        limits: Limits,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<Fetch, OutboundError> {
        let deadline = Instant::now() + limits.total;
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let client = self.client_for(&url)?;
            let answer = ask(client, &url, conditions, limits, deadline).await?;
            let status = answer.status();
            if status.is_success() {
                return Fetched::new(client.clone(), url, answer, limits, deadline)
                    .map(|fetched| Fetch::Body(Box::new(fetched)));
            }
            if status == StatusCode::NOT_MODIFIED && *conditions != Conditions::default() {
                return Ok(Fetch::NotModified);
            }
            if !is_redirect(status) {
                let retry_after = retry_after(answer.headers(), now);
                return Err(OutboundError::Refused { host: host_of(&url), status, retry_after });
            }
            url = target(&url, &answer)?;
        }
        Err(OutboundError::Redirects { host: host_of(&url), limit: MAX_REDIRECTS })
    }

    /// Checks what can be checked without asking anybody, and chooses the client.
    fn client_for(&self, url: &Url) -> Result<&Client, OutboundError> {
        let refuse = |reason| Err(OutboundError::Address { reason });
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("it is neither http nor https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it has a user name or password");
        }
        if url.as_str().len() > MAX_URL_BYTES {
            return refuse("it is too long");
        }
        if self.allowed.iter().any(|place| place.is_of(url)) {
            return Ok(&self.open);
        }
        // The connector never resolves an address written in numbers: the check is here.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return refuse("it has no host"),
        };
        if literal.is_some_and(|address| !is_public(address)) {
            return Err(OutboundError::Private { host: host_of(url) });
        }
        // Databases and mail servers would take a request for whatever it looks like to them.
        match url.port_or_known_default() {
            Some(port) if !self.ports.contains(&port) => {
                return Err(OutboundError::Port { host: host_of(url), port });
            }
            _ => {}
        }
        Ok(&self.guarded)
    }
}

impl Conditions {
    /// An ETag says more than a date.
    fn put_on(&self, request: RequestBuilder) -> RequestBuilder {
        match (&self.etag, &self.last_modified) {
            (Some(etag), _) => request.header(header::IF_NONE_MATCH, etag),
            (None, Some(date)) => request.header(header::IF_MODIFIED_SINCE, date),
            (None, None) => request,
        }
    }
}

async fn ask(
    client: &Client,
    url: &Url,
    conditions: &Conditions,
    limits: Limits,
    deadline: Instant,
) -> Result<Response, OutboundError> {
    let request = client.get(url.clone()).header(header::ACCEPT_ENCODING, "identity");
    let request = conditions.put_on(request);
    // Resolving and connecting have their own limits, which a small one on silence does not shorten.
    let patience = limits.idle.max(CONNECT_TIMEOUT);
    let by = Instant::now() + patience;
    let answer = timeout_at(by.min(deadline), request.send()).await;
    let after = if deadline < by { limits.total } else { patience };
    let answer = answer.map_err(|_| OutboundError::Late { host: host_of(url), after })?;
    answer.map_err(|error| explain(url, &error))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn target(from: &Url, answer: &Response) -> Result<Url, OutboundError> {
    let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    let target =
        location.filter(|location| location.len() <= MAX_URL_BYTES).map(|location| from.join(location));
    match target {
        Some(Ok(target)) => Ok(target),
        _ => Err(OutboundError::Address { reason: "it redirects to something that is no address" }),
    }
}

/// Why there was no answer.
fn explain(url: &Url, error: &reqwest::Error) -> OutboundError {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<PrivateName>() {
            return OutboundError::Private { host: host_of(url) };
        }
        causes.push(inner.to_string());
        cause = inner.source();
    }
    // The innermost cause says most and never holds the address.
    let detail = causes.pop().unwrap_or_else(|| "no connection".to_owned());
    let host = host_of(url);
    if error.is_connect() {
        OutboundError::Unreachable { host, detail }
    } else {
        OutboundError::Interrupted { host, detail }
    }
}

/// The host of an address, for messages.
pub(crate) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("the address").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(outbound: &Outbound, url: &str) -> &'static str {
        outbound.client_for(&url.parse().unwrap()).err().map_or("allowed", |error| error.code())
    }

    #[test]
    fn an_address_is_judged_however_it_is_written() {
        let allow_private_hosts = vec!["127.0.0.1:9".to_owned()];
        let config = OutboundConfig { allow_private_hosts, ..OutboundConfig::default() };
        let outbound = Outbound::new(&config).unwrap();
        for private in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://127.1:8080/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://127.0.0.1:10/",
        ] {
            assert_eq!(refusal(&outbound, private), "private_address", "{private}");
        }
        for invalid in [
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://user@example.com/",
            "http://:x@example.com/",
            "http://example.com:25/",
            "https://example.com:6379/",
        ] {
            assert_eq!(refusal(&outbound, invalid), "invalid_url", "{invalid}");
        }
        for allowed in ["https://example.com/a?b", "http://8.8.8.8:8080/", "http://127.0.0.1:9/"] {
            assert_eq!(refusal(&outbound, allowed), "allowed", "{allowed}");
        }
    }

    #[test]
    fn an_error_never_shows_more_than_the_host() {
        let shown = OutboundError::Private { host: host_of(&"http://10.0.0.1/?token=hush".parse().unwrap()) }
            .to_string();
        assert!(shown.contains("10.0.0.1") && !shown.contains("hush"), "{shown}");
    }
}
