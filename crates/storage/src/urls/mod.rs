//! Addresses of objects for people: the CDN's for public objects, presigned ones for private objects.
//!
//! A presigned address is given out again and again for half an hour, so that browser and CDN caches hit, and always
//! lives another half hour. It comes from memory, then from Redis when one is configured, and is signed anew when
//! neither has it or Redis does not answer: a cache never makes a request fail.

mod config;
mod presigned;
mod redis;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use telecine_model::Clock;
use telecine_model::limits::PRESIGNED_URL_LIFE;
use url::Url;

use crate::client::{ObjectStore, check_key};
use crate::error::StoreError;

pub use config::{RedisConfig, RedisConfigError};
pub use presigned::PresignedUrl;
use redis::SharedUrls;

/// How long an address is given out: what is left of its life then is still half an hour.
pub(crate) const SHARED_FOR: Duration = Duration::from_secs(30 * 60);

/// The life that an address still has whenever it is given out.
pub(crate) const LEAST_LIFE: Duration = Duration::from_secs(30 * 60);

/// Keys and addresses kept in memory, about 20 000 of them.
const MEMORY_BYTES: u64 = 16 * 1024 * 1024;

/// What a key may be made of in an address without being encoded, beside letters and digits.
const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The addresses of the objects of one store. Clones share the cache.
#[derive(Clone)]
pub struct Urls {
    inner: Arc<Inner>,
}

struct Inner {
    store: ObjectStore,
    cdn_base: Option<String>,
    memory: Cache<String, PresignedUrl>,
    shared: Option<SharedUrls>,
    clock: Arc<dyn Clock>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How often an address was asked for since the process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlUse {
    /// It was in memory.
    pub hits: u64,
    /// It came from Redis or was signed anew.
    pub misses: u64,
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Urls").field("cdn_base", &self.inner.cdn_base).finish_non_exhaustive()
    }
}

impl Urls {
    /// Addresses of `store`, public ones under `cdn_url` if there is one. Redis is connected to at the first use, and
    /// may come later or go.
    ///
    /// # Errors
    /// A Redis address that cannot work.
    pub fn new(
        store: ObjectStore,
        cdn_url: Option<&Url>,
        redis: &RedisConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RedisConfigError> {
        let shared = redis.connection()?.map(|connection| {
            let budget = Duration::from_millis(redis.timeout_ms);
            SharedUrls::new(connection, &store, budget, clock.clone())
        });
        let weight = |key: &String, found: &PresignedUrl| {
            u32::try_from(key.len() + found.url.len()).unwrap_or(u32::MAX)
        };
        let memory = Cache::builder()
            .max_capacity(MEMORY_BYTES)
            .weigher(weight)
            .time_to_live(SHARED_FOR)
            .support_invalidation_closures()
            .build();
        let cdn_base = cdn_url.map(|url| url.as_str().trim_end_matches('/').to_owned());
        let shared = shared.transpose()?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                cdn_base,
                memory,
                shared,
                clock,
                hits: AtomicU64::new(0),
                misses: AtomicU64::new(0),
            }),
        })
    }

    /// The address of an object that anybody may read: the CDN's, or a presigned one where there is no CDN.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub async fn public(&self, key: &str) -> Result<Arc<str>, StoreError> {
        check_key("address", key)?;
        match self.on_cdn(key) {
            Some(url) => Ok(url.into()),
            None => Ok(self.private(key).await?.url),
        }
    }

    /// The address of an object under the CDN; `None` where there is no CDN.
    #[must_use]
    pub fn on_cdn(&self, key: &str) -> Option<String> {
        self.inner.cdn_base.as_ref().map(|base| format!("{base}/{}", utf8_percent_encode(key, &PATH)))
    }

    /// A presigned GET of the object: the same for half an hour, and good for at least another half hour. Callers at the
    /// same time get the same one.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub async fn private(&self, key: &str) -> Result<PresignedUrl, StoreError> {
        let (memory, now) = (&self.inner.memory, self.inner.clock.now());
        if let Some(found) = memory.get(key).await
            && found.lives_long_enough(now)
        {
            self.inner.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(found);
        }
        self.inner.misses.fetch_add(1, Ordering::Relaxed);
        let ours = self.inner.store.sign_get(key, PRESIGNED_URL_LIFE)?;
        let made = self.agreed(key, ours);
        let entry = memory.entry_by_ref(key).or_insert_with_if(made, |old| !old.lives_long_enough(now)).await;
        Ok(entry.into_value())
    }

    /// How the cache of this process does.
    #[must_use]
    pub fn usage(&self) -> UrlUse {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        UrlUse { hits: count(&self.inner.hits), misses: count(&self.inner.misses) }
    }

    /// Forgets the address of an object that is gone or replaced, in this process and in Redis.
    pub async fn forget(&self, key: &str) {
        self.inner.memory.invalidate(key).await;
        if let Some(shared) = &self.inner.shared {
            shared.forget(key).await;
        }
    }

    /// Forgets the addresses of all objects whose keys begin with `prefix`, in this process and in Redis.
    pub async fn forget_prefix(&self, prefix: &str) {
        let gone = prefix.to_owned();
        let forgotten = self.inner.memory.invalidate_entries_if(move |key, _| key.starts_with(&gone));
        if let Err(error) = forgotten {
            tracing::error!(%error, "addresses under a prefix stay in memory for up to 30 minutes");
        }
        if let Some(shared) = &self.inner.shared {
            shared.forget_prefix(prefix).await;
        }
    }

    /// The address that the processes of this deployment give out: another's if it was faster, else ours.
    async fn agreed(&self, key: &str, ours: PresignedUrl) -> PresignedUrl {
        match &self.inner.shared {
            Some(shared) => shared.agree(key, &ours).await.unwrap_or(ours),
            None => ours,
        }
    }
}
