//! The connection to Redis, and whether that Redis may be trusted with jobs.

use std::time::Duration;

use bullmq::Error;
use bullmq::options::RedisConnectionOptions;
use bullmq::redis_connection::RedisConnection;

use super::config::BullMqConfig;

/// How long a first answer may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What Redis does when its memory is full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvictionPolicy {
    /// `noeviction`: it refuses writes, and no job is lost.
    Keeps,
    /// Any other policy: it may drop jobs.
    Drops(String),
    /// It does not tell, as with most that are rented.
    Unknown,
}

pub(super) async fn connect(options: &RedisConnectionOptions) -> Result<RedisConnection, Error> {
    let connecting = async {
        let connection = RedisConnection::new_managed_only(options).await?;
        connection.ping().await?;
        Ok(connection)
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or(Err(Error::ConnectionClosed))
}

/// Asks Redis what it does when its memory is full.
///
/// # Errors
/// A sentence when Redis does not answer within 5 s.
pub async fn eviction_policy(config: &BullMqConfig) -> Result<EvictionPolicy, String> {
    let connection = connect(&config.connection()).await.map_err(|error| error.to_string())?;
    Ok(policy_of(&connection).await)
}

pub(super) async fn warn_of_eviction(connection: &RedisConnection) {
    if let EvictionPolicy::Drops(policy) = policy_of(connection).await {
        tracing::warn!(
            policy,
            "REDIS MAY DROP JOBS: its maxmemory-policy is {policy} and must be noeviction. Run `redis-cli config set \
             maxmemory-policy noeviction`, and write it into redis.conf"
        );
    }
}

async fn policy_of(connection: &RedisConnection) -> EvictionPolicy {
    let mut command = redis::cmd("CONFIG");
    command.arg("GET").arg("maxmemory-policy");
    match connection.cmd::<Vec<String>>(&mut command).await.as_deref() {
        Ok([_, policy]) if policy == "noeviction" => EvictionPolicy::Keeps,
        Ok([_, policy]) => EvictionPolicy::Drops(policy.clone()),
        _ => EvictionPolicy::Unknown,
    }
}
