//! Copies in a CDN are told to go: Cloudflare's API and a webhook, with the faults of both.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use telecine_model::SystemClock;
use telecine_outbound::{Outbound, OutboundConfig};
use telecine_storage::purge::{CdnPurge, PurgeConfig, PurgeError, PurgeProvider};
use telecine_tests::cloudflare::{self, TOKEN, ZONE};
use telecine_tests::origin::{Origin, Reply};

fn cdn(provider: PurgeProvider, origin: &Origin, token: &str) -> CdnPurge {
    let config = PurgeConfig {
        provider,
        zone_id: Some(ZONE.to_owned()),
        token: Some(token.into()),
        url: Some(origin.at("/client/v4")),
    };
    let outbound = Outbound::new(&OutboundConfig::default()).unwrap();
    CdnPurge::new(&config, outbound, Arc::new(SystemClock)).unwrap()
}

fn urls(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("https://cdn.example/videos/{number}")).collect()
}

#[tokio::test]
async fn cloudflare_gets_every_address_once_a_hundred_in_a_request() {
    let origin = Origin::start(|request| async move { cloudflare::answer(&request) }).await;
    let cdn = cdn(PurgeProvider::Cloudflare, &origin, TOKEN);
    assert!(cdn.is_on());
    cdn.purge(&urls(250)).await.unwrap();
    let batches: Vec<_> = origin.received().iter().map(cloudflare::files).collect();
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(batches.concat(), urls(250));
    cdn.purge(&[]).await.unwrap();
    assert_eq!(origin.received().len(), 3, "nothing to purge is no request");
}

#[tokio::test]
async fn a_wrong_token_is_a_refusal_that_shows_no_token() {
    let origin = Origin::start(|request| async move { cloudflare::answer(&request) }).await;
    let refused = cdn(PurgeProvider::Cloudflare, &origin, "hush").purge(&urls(1)).await.unwrap_err();
    let shown = format!("{refused} {refused:?}");
    assert!(shown.contains("401") && shown.contains("10000 Authentication error"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn a_busy_cdn_says_when_to_come_again_and_a_lost_answer_is_a_failure() {
    let number = Arc::new(AtomicUsize::new(0));
    let origin = Origin::start(move |request| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        async move {
            match number {
                0 => Reply::new(429, "").header("retry-after", "7"),
                1 => Reply::new(500, ""),
                2 => Reply::ok("{\"success\": fal"),
                // Accepted, and the answer is lost.
                3 => Reply::ok("{").announcing(100),
                _ => cloudflare::answer(&request),
            }
        }
    })
    .await;
    let cdn = cdn(PurgeProvider::Cloudflare, &origin, TOKEN);
    let busy = cdn.purge(&urls(1)).await;
    assert!(matches!(busy, Err(PurgeError::Later(wait)) if wait == Duration::from_secs(7)), "{busy:?}");
    assert!(matches!(cdn.purge(&urls(1)).await, Err(PurgeError::Refused { .. })));
    assert!(
        matches!(cdn.purge(&urls(1)).await, Err(PurgeError::Refused { .. })),
        "a broken 200 is no success"
    );
    assert!(matches!(cdn.purge(&urls(1)).await, Err(PurgeError::Unreachable(_))));
    cdn.purge(&urls(1)).await.unwrap();
}

#[tokio::test]
async fn a_webhook_gets_the_addresses_and_its_token() {
    let origin = Origin::start(|_| async { Reply::new(204, "") }).await;
    cdn(PurgeProvider::Webhook, &origin, "secret").purge(&urls(2)).await.unwrap();
    let received = &origin.received()[0];
    assert_eq!((received.method.as_str(), received.path.as_str()), ("POST", "/client/v4"));
    assert!(received.head.contains("authorization: bearer secret\r\n"));
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body, serde_json::json!({ "urls": urls(2) }));
}
