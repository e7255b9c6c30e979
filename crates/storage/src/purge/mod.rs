//! Copies in a CDN: told to go when the objects they were made of are gone or replaced.

mod cloudflare;
mod config;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use telecine_model::Clock;
use telecine_outbound::{Outbound, OutboundError, ServiceAnswer};

use cloudflare::Cloudflare;
pub use config::{PurgeConfig, PurgeConfigError, PurgeProvider};
use webhook::Webhook;

/// Addresses in one request: what Cloudflare takes on every plan.
const MAX_URLS: usize = 100;

/// How long one request may take. A purge that was accepted and not answered is harmless to repeat.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Tells a CDN to drop copies.
#[derive(Clone)]
pub struct CdnPurge {
    outbound: Outbound,
    clock: Arc<dyn Clock>,
    provider: Arc<Provider>,
}

enum Provider {
    None,
    Cloudflare(Cloudflare),
    Webhook(Webhook),
}

/// Why copies may still be there. Nothing of it is known to be final: settings can be corrected, and asking twice is
/// harmless.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// Too much was asked of it for now.
    #[error("the CDN wants to be left alone for {0:?}")]
    Later(Duration),
    /// It does not answer.
    #[error("the CDN cannot be told: {0}")]
    Unreachable(#[from] OutboundError),
    /// It answered, and not with success.
    #[error("the CDN refused with {status}: {detail}; check delivery.purge.*")]
    Refused {
        /// The status.
        status: StatusCode,
        /// What it said.
        detail: String,
    },
}

impl CdnPurge {
    /// The provider that the settings name.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn new(
        config: &PurgeConfig,
        outbound: Outbound,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PurgeConfigError> {
        let provider = match config.provider {
            PurgeProvider::None => Provider::None,
            PurgeProvider::Cloudflare => Provider::Cloudflare(Cloudflare::new(config)?),
            PurgeProvider::Webhook => Provider::Webhook(Webhook::new(config)?),
        };
        Ok(Self { outbound, clock, provider: Arc::new(provider) })
    }

    /// Whether there is a CDN to tell.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !matches!(*self.provider, Provider::None)
    }

    /// Drops the copies of these addresses, a hundred in a request. After a failure some may be gone and some not:
    /// repeat all.
    ///
    /// # Errors
    /// See [`PurgeError`].
    pub async fn purge(&self, urls: &[String]) -> Result<(), PurgeError> {
        for batch in urls.chunks(MAX_URLS) {
            let answer = match &*self.provider {
                Provider::None => return Ok(()),
                Provider::Cloudflare(cloudflare) => cloudflare.purge(self, batch).await?,
                Provider::Webhook(webhook) => webhook.purge(self, batch).await?,
            };
            self.judge(&answer)?;
        }
        Ok(())
    }

    fn judge(&self, answer: &ServiceAnswer) -> Result<(), PurgeError> {
        let is_busy =
            matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        match answer.retry_after {
            Some(wait) if is_busy => return Err(PurgeError::Later(wait)),
            _ => {}
        }
        let is_done = answer.status.is_success()
            && match &*self.provider {
                Provider::Cloudflare(_) => Cloudflare::says_done(&answer.body),
                Provider::Webhook(_) | Provider::None => true,
            };
        if is_done {
            return Ok(());
        }
        let detail = match &*self.provider {
            Provider::Cloudflare(_) => Cloudflare::complaint(&answer.body),
            Provider::Webhook(_) | Provider::None => String::new(),
        };
        Err(PurgeError::Refused { status: answer.status, detail })
    }
}
