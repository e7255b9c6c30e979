//! Presigned addresses in Redis: what the processes of one deployment agree on.
//!
//! Redis is a help, never a need. It has little time to answer; after a failure it is left alone for some seconds, so that a
//! hanging server costs that wait once and not with every address.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ConnectionAddr, ConnectionInfo, FromRedisValue, Pipeline, RedisError, pipe};
use sha2::{Digest as _, Sha256};
use telecine_model::Clock;

use super::presigned::PresignedUrl;
use super::{RedisConfigError, SHARED_FOR};
use crate::client::ObjectStore;

/// How long Redis is left alone after it has failed.
const REST_MS: i64 = 5_000;

/// A connection that is not there by then is tried again later.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// What forgetting everything under a prefix may take; it is done by jobs, which have the time.
const FORGET_BUDGET: Duration = Duration::from_secs(5);

/// Names looked at in one step of a search.
const SCAN_COUNT: usize = 1000;

/// Addresses of one store in Redis.
pub(super) struct SharedUrls {
    connection: ConnectionManager,
    /// `telecine:url:{store}:`; the store's mark changes with endpoint, bucket and key pair.
    namespace: String,
    /// What Redis may take for one address.
    budget: Duration,
    clock: Arc<dyn Clock>,
    rests_until_ms: AtomicI64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Silence {
    #[error("no answer within {0:?}")]
    Late(Duration),
    #[error("{0}")]
    Failed(#[from] RedisError),
}

impl SharedUrls {
    /// Connects at the first use.
    pub(super) fn new(
        connection: ConnectionInfo,
        store: &ObjectStore,
        budget: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RedisConfigError> {
        if matches!(connection.addr(), ConnectionAddr::TcpTls { .. }) {
            // Two providers are linked and rustls refuses to choose; an error says that one is chosen already.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(FORGET_BUDGET))
            .set_number_of_retries(0);
        let client = Client::open(connection).map_err(|_| RedisConfigError::Url)?;
        let connection =
            ConnectionManager::new_lazy_with_config(client, config).map_err(|_| RedisConfigError::Url)?;
        let namespace = format!("telecine:url:{}:", mark_of(store));
        Ok(Self { connection, namespace, budget, clock, rests_until_ms: AtomicI64::new(i64::MIN) })
    }

    /// Offers our address and gives the one that was there first; `None` when there is no use in it.
    pub(super) async fn agree(&self, key: &str, ours: &PresignedUrl) -> Option<PresignedUrl> {
        let name = self.name(key);
        let life_ms = u64::try_from(SHARED_FOR.as_millis()).unwrap_or(u64::MAX);
        let mut offer = pipe();
        offer.cmd("SET").arg(&name).arg(ours.to_line()).arg("PX").arg(life_ms).arg("NX").ignore();
        offer.cmd("GET").arg(&name);
        let (line,): (Option<String>,) = self.ask(&offer, self.budget).await?;
        let found = PresignedUrl::from_line(&line?, ours)?;
        found.lives_long_enough(self.clock.now()).then_some(found)
    }

    /// Forgets one address.
    pub(super) async fn forget(&self, key: &str) {
        let mut forget = pipe();
        forget.cmd("UNLINK").arg(self.name(key)).ignore();
        let _: Option<()> = self.ask(&forget, self.budget).await;
    }

    /// Forgets all addresses under a prefix, as many as the time allows; the rest goes by itself within 30 minutes.
    pub(super) async fn forget_prefix(&self, prefix: &str) {
        let pattern = format!("{}*", escape(&self.name(prefix)));
        let search = async {
            let mut cursor = 0_u64;
            loop {
                let mut step = pipe();
                step.cmd("SCAN").arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(SCAN_COUNT);
                let ((next, names),): ((u64, Vec<String>),) = self.ask(&step, FORGET_BUDGET).await?;
                if !names.is_empty() {
                    let mut forget = pipe();
                    forget.cmd("UNLINK").arg(names).ignore();
                    self.ask::<()>(&forget, FORGET_BUDGET).await?;
                }
                if next == 0 {
                    return Some(());
                }
                cursor = next;
            }
        };
        if !matches!(tokio::time::timeout(FORGET_BUDGET, search).await, Ok(Some(()))) {
            tracing::warn!("addresses of deleted objects stay in Redis for up to 30 minutes");
        }
    }

    /// `None` when Redis rests, fails, or is late.
    async fn ask<T: FromRedisValue>(&self, commands: &Pipeline, budget: Duration) -> Option<T> {
        if self.clock.now_ms() < self.rests_until_ms.load(Ordering::Relaxed) {
            return None;
        }
        let mut connection = self.connection.clone();
        let answer = tokio::time::timeout(budget, commands.query_async(&mut connection)).await;
        let silence = match answer {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => Silence::from(error),
            Err(_) => Silence::Late(budget),
        };
        self.rests_until_ms.store(self.clock.now_ms() + REST_MS, Ordering::Relaxed);
        tracing::warn!(error = %silence, "Redis is left alone for {} s, addresses are signed anew", REST_MS / 1000);
        None
    }

    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.namespace)
    }
}

/// Tells stores apart without telling anything about them: two with the same mark make the same signatures.
fn mark_of(store: &ObjectStore) -> String {
    hex::encode(&Sha256::digest(store.signature_sample().as_bytes())[..8])
}

/// A name as a pattern that matches nothing else.
fn escape(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\' | '^') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_key_is_no_pattern() {
        assert_eq!(escape("videos/a"), "videos/a");
        assert_eq!(escape("a*b?[c]\\"), "a\\*b\\?\\[c\\]\\\\");
    }
}
