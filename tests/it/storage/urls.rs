//! Presigned addresses that are given out again: from memory, from Redis, and without it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use telecine_model::{Clock as _, ManualClock};
use telecine_storage::embedded::Credentials;
use telecine_storage::urls::RedisConfig;
use telecine_storage::{StoreError, Urls};
use telecine_tests::redis::Redis;
use telecine_tests::storage::TestBucket;
use url::Url;

const MINUTE: Duration = Duration::from_secs(60);
const HALF_HOUR: Duration = Duration::from_secs(30 * 60);

/// Nobody listens there: signing is arithmetic.
const ENDPOINT: &str = "https://s3.example";

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::starting_at("2026-11-03T12:10:00Z".parse().unwrap()))
}

/// A process with its own memory.
fn process(clock: &Arc<ManualClock>, redis: &RedisConfig, secret: &str, cdn: Option<&str>) -> Urls {
    let credentials = Credentials { access_key_id: "AKIATEST".into(), secret_access_key: secret.into() };
    let bucket = TestBucket::new(&Url::parse(ENDPOINT).unwrap(), &credentials, "media", clock.clone());
    let cdn: Option<Url> = cdn.map(|cdn| cdn.parse().unwrap());
    Urls::new(bucket.store, cdn.as_ref(), redis, clock.clone()).unwrap()
}

/// With time enough for a busy machine.
fn at(redis: &Redis) -> RedisConfig {
    RedisConfig { timeout_ms: 10_000, ..impatient_at(redis) }
}

fn impatient_at(redis: &Redis) -> RedisConfig {
    RedisConfig { url: Some(redis.url().into()), ..RedisConfig::default() }
}

fn life_left(expires_at: Timestamp, clock: &ManualClock) -> Duration {
    Duration::try_from(expires_at - clock.now()).unwrap()
}

#[tokio::test]
async fn an_address_stays_the_same_for_half_an_hour_and_lives_another_half() {
    let clock = clock();
    let urls = process(&clock, &RedisConfig::default(), "secret", None);
    let first = urls.private("videos/a b").await.unwrap();
    assert!(first.url.starts_with("https://s3.example/media/videos/a%20b?"));
    for _ in 0..30 {
        let again = urls.private("videos/a b").await.unwrap();
        assert_eq!(again, first);
        assert!(life_left(again.expires_at, &clock) >= HALF_HOUR);
        clock.advance(MINUTE);
    }
    assert_eq!(urls.private("videos/a b").await.unwrap(), first, "half an hour is left to the second");
    clock.advance(Duration::from_secs(1));
    let renewed = urls.private("videos/a b").await.unwrap();
    assert_ne!(renewed.url, first.url);
    assert_eq!(life_left(renewed.expires_at, &clock), 2 * HALF_HOUR);
}

#[tokio::test]
async fn callers_at_the_same_time_get_the_same_address() {
    let Some(redis) = Redis::start() else { return };
    let clock = clock();
    // Every caller waits for an answer that does not come: who did not share would sign for itself meanwhile.
    redis.freeze();
    let urls = process(&clock, &impatient_at(&redis), "secret", None);
    let stale = urls.private("k").await.unwrap();
    clock.advance(40 * MINUTE);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (urls, clock) = (urls.clone(), clock.clone());
        calls.spawn(async move {
            // Every signature made at another second would be another address.
            clock.advance(Duration::from_secs(1));
            urls.private("k").await.unwrap()
        });
    }
    let mut found = calls.join_all().await;
    found.dedup();
    assert_eq!(found.len(), 1);
    assert_ne!(found[0], stale);
}

#[tokio::test]
async fn public_objects_have_the_address_of_the_cdn_and_private_ones_never() {
    let urls = process(&clock(), &RedisConfig::default(), "secret", Some("https://cdn.example/media/"));
    assert_eq!(
        &*urls.public("posters/a b#?.jpg").await.unwrap(),
        "https://cdn.example/media/posters/a%20b%23%3F.jpg"
    );
    assert!(urls.private("posters/a.jpg").await.unwrap().url.starts_with(ENDPOINT));
    let without_cdn = process(&clock(), &RedisConfig::default(), "secret", None);
    assert!(without_cdn.public("posters/a.jpg").await.unwrap().contains("X-Amz-Signature="));
}

#[tokio::test]
async fn a_key_that_cannot_be_signed_is_refused() {
    for cdn in [None, Some("https://cdn.example")] {
        let urls = process(&clock(), &RedisConfig::default(), "secret", cdn);
        assert!(matches!(urls.private("../other/k").await, Err(StoreError::InvalidKey { .. })));
        assert!(matches!(urls.public("../other/k").await, Err(StoreError::InvalidKey { .. })));
    }
}

#[tokio::test]
async fn processes_agree_through_redis_unless_their_keys_differ() {
    let Some(redis) = Redis::start() else { return };
    let clock = clock();
    let (one, other) =
        (process(&clock, &at(&redis), "secret", None), process(&clock, &at(&redis), "secret", None));
    let first = one.private("videos/a").await.unwrap();
    clock.advance(MINUTE);
    assert_eq!(other.private("videos/a").await.unwrap(), first);
    let rotated = process(&clock, &at(&redis), "another secret", None);
    assert_ne!(rotated.private("videos/a").await.unwrap().url, first.url);
    // Redis's own clock has not moved: what it still has is too old to be given out.
    clock.advance(HALF_HOUR);
    let late = process(&clock, &at(&redis), "secret", None);
    assert_ne!(late.private("videos/a").await.unwrap(), first);
}

#[tokio::test]
async fn what_is_deleted_is_forgotten_by_key_and_by_prefix_in_memory_and_in_redis() {
    let Some(redis) = Redis::start() else { return };
    let clock = clock();
    let urls = process(&clock, &at(&redis), "secret", None);
    let keys = ["videos/1/a", "videos/1/b", "videos/[1]/a", "videos/2/a"];
    let mut before = Vec::new();
    for key in keys {
        before.push(urls.private(key).await.unwrap());
    }
    clock.advance(MINUTE);
    urls.forget("videos/1/a").await;
    urls.forget_prefix("videos/[1]/").await;
    for process in [&urls, &process(&clock, &at(&redis), "secret", None)] {
        let mut same = Vec::new();
        for (key, before) in keys.iter().zip(&before) {
            same.push(process.private(key).await.unwrap() == *before);
        }
        assert_eq!(same, [false, true, false, true]);
    }
}

#[tokio::test]
async fn a_redis_that_hangs_costs_one_short_wait_and_is_used_again_when_it_answers() {
    let Some(redis) = Redis::start() else { return };
    let clock = clock();
    let config = RedisConfig { timeout_ms: 500, ..at(&redis) };
    let urls = process(&clock, &config, "secret", None);
    urls.private("warm").await.unwrap();
    redis.freeze();
    let begun = Instant::now();
    for number in 0..100 {
        urls.private(&format!("videos/{number}")).await.unwrap();
    }
    // One wait of half a second, not a hundred of them.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    redis.thaw();
    clock.advance(Duration::from_secs(10));
    let shared = urls.private("videos/after").await.unwrap();
    clock.advance(MINUTE);
    assert_eq!(process(&clock, &at(&redis), "secret", None).private("videos/after").await.unwrap(), shared);
}

#[tokio::test]
async fn a_redis_that_is_gone_or_comes_back_empty_is_no_error() {
    let Some(redis) = Redis::start() else { return };
    let clock = clock();
    let config = at(&redis);
    let urls = process(&clock, &config, "secret", None);
    let kept = urls.private("kept").await.unwrap();
    let redis = redis.killed_and_started_again();
    assert_eq!(urls.private("kept").await.unwrap(), kept, "memory still has it");
    // The first use finds the broken connection, the next one after the rest a new one.
    urls.private("lost").await.unwrap();
    clock.advance(Duration::from_secs(10));
    let shared = urls.private("back").await.unwrap();
    clock.advance(MINUTE);
    assert_eq!(process(&clock, &config, "secret", None).private("back").await.unwrap(), shared);
    redis.kill();
    let without = process(&clock, &config, "secret", None);
    assert!(without.private("k").await.unwrap().url.starts_with(ENDPOINT));
    without.forget("k").await;
    without.forget_prefix("k").await;
}
