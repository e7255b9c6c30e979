//! Memory does not grow with the size of what passes through.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use telecine_model::SystemClock;
use telecine_storage::embedded::Credentials;
use telecine_tests::form::Form;
use telecine_tests::storage::TestBucket;
use url::Url;

use crate::home;

const BODY_BYTES: u64 = 300_000_000;
const FORM_BYTES: usize = 100_000_000;
const GROWTH_KB: u64 = 40_000;

/// A line of `/proc/<pid>/status`, in kB.
fn memory_kb(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn three_hundred_megabytes_in_and_out_take_less_than_forty_of_memory() {
    let mut home = home();
    let server = home.serve().await;
    let endpoint = Url::parse(&format!("http://{}", home.storage_address())).unwrap();
    let credentials = Credentials::of_store(&home.data_dir().join("objects")).unwrap().unwrap();
    let s3 = TestBucket::new(&endpoint, &credentials, "memory", Arc::new(SystemClock));
    s3.store.ensure_bucket().await.unwrap();
    s3.store.put_bytes("warm", "text/plain", None, Bytes::from_static(b"up")).await.unwrap();
    let before = memory_kb(server.pid(), "VmRSS:");
    // The peak of the start does not count.
    std::fs::write(format!("/proc/{}/clear_refs", server.pid()), "5").unwrap();

    let chunk = Bytes::from(vec![7; 100_000]);
    let chunks = futures::stream::iter(std::iter::repeat_n(chunk, 3000)).map(Ok::<_, std::io::Error>);
    let life = std::time::Duration::from_secs(3600);
    let signed = s3.store.presign_put("single", "video/mp4", BODY_BYTES, life).unwrap();
    let put = reqwest::Client::new()
        .put(signed.url)
        .header("content-type", "video/mp4")
        .header("content-length", BODY_BYTES)
        .body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(put.send().await.unwrap().status(), 200);
    let got = home.file("got");
    assert_eq!(s3.store.download("single", None, &got, |_| ()).await.unwrap(), BODY_BYTES);
    s3.store.put_file("parts", "video/mp4", None, &got).await.unwrap();
    assert_eq!(s3.store.head("parts").await.unwrap().unwrap().size, BODY_BYTES);
    assert_eq!(s3.raw.post(&Form::new("form", vec![7; FORM_BYTES])).await.status, 204);

    let growth = memory_kb(server.pid(), "VmHWM:").saturating_sub(before);
    println!("grew by {growth} kB from {before} kB");
    assert!(growth < GROWTH_KB, "grew by {growth} kB");
    assert!(server.stop().success());
}
