//! The contract on servers that are not ours.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::{FutureExt as _, StreamExt as _};
use telecine_model::SystemClock;
use telecine_storage::embedded::Credentials;
use telecine_tests::ceph::Ceph;
use telecine_tests::storage::{TestBucket, named_server};
use url::Url;
use uuid::Uuid;

use super::contract::{CONTRACT, Test};

/// Tests at a time: each has a bucket of its own.
const AT_A_TIME: usize = 4;

#[tokio::test]
async fn the_whole_contract_holds_on_ceph() {
    let Some(ceph) = Ceph::start().await else { return };
    check(&ceph.endpoint, &ceph.credentials).await;
}

#[tokio::test]
async fn the_whole_contract_holds_on_the_server_that_the_environment_names() {
    let Some((endpoint, credentials)) = named_server() else {
        println!("skipped on a server of your own: S3_TEST_ENDPOINT is not set");
        return;
    };
    check(&endpoint, &credentials).await;
}

/// Runs every test, and tells all that fail at once: starting the server again for each would take minutes.
async fn check(endpoint: &Url, credentials: &Credentials) {
    let outcomes = futures::stream::iter(CONTRACT).map(|(name, test)| async move {
        let passed =
            AssertUnwindSafe(in_new_bucket(endpoint, credentials, *test)).catch_unwind().await.is_ok();
        println!("{name}: {}", if passed { "ok" } else { "FAILED" });
        (!passed).then_some(*name)
    });
    let failed: Vec<_> = outcomes.buffer_unordered(AT_A_TIME).filter_map(std::future::ready).collect().await;
    assert_eq!(failed, [""; 0]);
}

async fn in_new_bucket(endpoint: &Url, credentials: &Credentials, test: Test) {
    let name = format!("telecine-test-{}", Uuid::new_v4().simple());
    let bucket = TestBucket::new(endpoint, credentials, &name, Arc::new(SystemClock));
    bucket.store.ensure_bucket().await.unwrap();
    test(&bucket).await;
    bucket.raw.remove_bucket(&bucket.store).await;
}
