//! Where the queues of BullMQ are.

use bullmq::QueueOptions;
use bullmq::keys::QueueKeys;
use bullmq::options::RedisConnectionOptions;
use secrecy::{ExposeSecret, SecretString};

/// A Redis and the names in it.
#[derive(Debug, Clone)]
pub struct BullMqConfig {
    /// `redis://`, `rediss://` or `redis+unix://`.
    pub url: SecretString,
    /// The first part of every key; `bull` unless the other programs use another one.
    pub prefix: String,
}

impl BullMqConfig {
    pub(super) fn connection(&self) -> RedisConnectionOptions {
        RedisConnectionOptions::new().url(self.url.expose_secret())
    }

    pub(super) fn queue(&self) -> QueueOptions {
        QueueOptions::new().connection(self.connection()).prefix(&self.prefix).skip_version_check()
    }

    pub(super) fn keys(&self, queue: &str) -> QueueKeys {
        QueueKeys::new(queue, Some(&self.prefix))
    }

    /// The ids of our own jobs that Redis has, or had, sorted by their time.
    pub(super) fn relayed_key(&self, queue: &str) -> String {
        self.keys(queue).get("telecine")
    }

    /// A key that only a wiped Redis does not have.
    pub(super) fn sentinel(&self) -> String {
        format!("{}:telecine-sentinel", self.prefix)
    }
}
