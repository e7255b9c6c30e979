//! `telecine doctor storage`: what is wrong with an endpoint, and what to do.

use std::process::Stdio;

use serde_json::Value;
use telecine_tests::editing_proxy::EditingProxy;
use telecine_tests::server::Home;
use telecine_tests::storage::RunningServer;
use tempfile::TempDir;

use crate::home;

const CHECKS: [&str; 10] = [
    "endpoint",
    "clock",
    "address style",
    "credentials",
    "objects",
    "multipart",
    "signed length",
    "CORS",
    "checksums",
    "clean-up",
];

/// What doctor found: the names of all checks, and the failed one with what to do.
#[derive(Debug)]
struct Findings {
    success: bool,
    names: Vec<String>,
    failed: Vec<(String, String)>,
    shown: String,
}

async fn doctor(home: &Home) -> Findings {
    let mut command = home.command(&["doctor", "storage", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let shown =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{shown}"));
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let findings = findings.as_array().unwrap();
    let failed = findings.iter().filter(|finding| finding["ok"] == false);
    Findings {
        success: output.status.success(),
        names: findings.iter().map(|finding| text(finding, "what")).collect(),
        failed: failed.map(|finding| (text(finding, "what"), text(finding, "fix"))).collect(),
        shown,
    }
}

/// An endpoint with a bucket, seen through a proxy that edits heads, and a home that is set to it.
struct Setting {
    home: Home,
    server: RunningServer,
    _proxy: EditingProxy,
    _folder: TempDir,
}

async fn seen_through(edit: impl Fn(&str, &str) -> String + Clone + Send + Sync + 'static) -> Setting {
    let folder = TempDir::new().unwrap();
    let server = RunningServer::start(folder.path()).await;
    server.bucket("media").store.ensure_bucket().await.unwrap();
    let upstream = server.endpoint.socket_addrs(|| None).unwrap()[0];
    let proxy = EditingProxy::start(upstream, edit).await;
    let mut home = home();
    home.set("S3_ENDPOINT", &format!("http://{}", proxy.address)).set("S3_BUCKET", "media");
    let secret = secrecy::ExposeSecret::expose_secret(&server.credentials.secret_access_key).to_owned();
    home.set("S3_ACCESS_KEY_ID", &server.credentials.access_key_id).set("S3_SECRET_ACCESS_KEY", &secret);
    Setting { home, server, _proxy: proxy, _folder: folder }
}

/// A head without the headers whose names begin so.
fn without(head: &str, name: &str) -> String {
    let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with(name));
    kept.collect::<Vec<_>>().join("\r\n")
}

#[tokio::test]
async fn an_endpoint_without_faults_passes_every_check_and_is_left_as_it_was() {
    let setting = seen_through(|_, answer| answer.to_owned()).await;
    let found = doctor(&setting.home).await;
    assert!(found.success && found.failed.is_empty(), "{}", found.shown);
    assert_eq!(found.names, CHECKS);
    assert_eq!(setting.server.bucket("media").store.list("").await.unwrap(), []);
}

#[tokio::test]
async fn the_embedded_endpoint_passes_every_check_alone_and_beside_its_server() {
    let mut home = home();
    let alone = doctor(&home).await;
    assert!(alone.success && alone.names == CHECKS, "{}", alone.shown);
    let server = home.serve().await;
    let beside = doctor(&home).await;
    assert!(beside.success && beside.names == CHECKS, "{}", beside.shown);
    assert!(server.stop().success());
}

#[tokio::test]
async fn the_dialect_of_checksums_is_told_and_is_never_a_fault() {
    for (status, expected) in [("", "taken and checked"), ("501", "refused (501)")] {
        let setting = seen_through(move |request, answer| {
            let is_refused = !status.is_empty() && request.contains("x-amz-checksum-crc32: ");
            if is_refused { answer.replacen(&answer[9..12], status, 1) } else { answer.to_owned() }
        })
        .await;
        let found = doctor(&setting.home).await;
        assert!(found.success && found.shown.contains(&format!("CRC32 is {expected}")), "{}", found.shown);
    }
}

#[tokio::test]
async fn missing_cross_origin_rules_are_found_and_given() {
    for header in
        ["access-control-allow-origin", "access-control-expose-headers", "access-control-allow-methods"]
    {
        let setting = seen_through(move |_, answer| without(answer, header)).await;
        let found = doctor(&setting.home).await;
        assert!(!found.success, "{header}");
        let [(what, fix)] = &found.failed[..] else { panic!("{header}: {}", found.shown) };
        assert_eq!(what, "CORS", "{header}");
        assert!(fix.contains("\"ExposeHeaders\": [\"ETag\"") && fix.contains("bucket media"), "{fix}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_found() {
    let past = "date: Tue, 03 Nov 2020 12:00:00 GMT";
    let setting = seen_through(move |_, answer| format!("{}\r\n{past}", without(answer, "date:"))).await;
    let found = doctor(&setting.home).await;
    assert_eq!(found.failed.len(), 1, "{}", found.shown);
    assert!(found.failed[0].0 == "clock" && found.failed[0].1.contains("NTP"), "{}", found.shown);
}

#[tokio::test]
async fn a_part_without_an_etag_and_a_server_that_takes_any_length_are_found() {
    let setting = seen_through(|request, answer| {
        if request.contains("partNumber=") && request.starts_with("PUT") {
            without(answer, "etag:")
        } else {
            answer.to_owned()
        }
    })
    .await;
    let found = doctor(&setting.home).await;
    assert_eq!(
        found.failed.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(),
        ["multipart"],
        "{}",
        found.shown
    );

    let setting = seen_through(|request, answer| {
        let is_probe = request.starts_with("PUT") && request.contains("/length?");
        if is_probe { answer.replacen("HTTP/1.1 403", "HTTP/1.1 200", 1) } else { answer.to_owned() }
    })
    .await;
    let found = doctor(&setting.home).await;
    assert_eq!(
        found.failed.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(),
        ["signed length"],
        "{}",
        found.shown
    );
}

#[tokio::test]
async fn wrong_keys_a_missing_bucket_and_a_missing_server_are_told_apart() {
    let mut setting = seen_through(|_, answer| answer.to_owned()).await;
    setting.home.set("S3_SECRET_ACCESS_KEY", "hush");
    let found = doctor(&setting.home).await;
    let [(what, fix)] = &found.failed[..] else { panic!("{}", found.shown) };
    assert!(what == "credentials" && fix.contains("S3_SECRET_ACCESS_KEY"), "{fix}");
    assert!(!found.shown.contains("hush"), "{}", found.shown);

    let mut setting = seen_through(|_, answer| answer.to_owned()).await;
    setting.home.set("S3_BUCKET", "elsewhere");
    let found = doctor(&setting.home).await;
    let [(what, fix)] = &found.failed[..] else { panic!("{}", found.shown) };
    assert!(what == "credentials" && fix.contains("create the bucket elsewhere"), "{fix}");
    let listed = setting.server.bucket("elsewhere").store.list("").await;
    assert!(
        matches!(listed, Err(telecine_storage::StoreError::NoBucket { .. })),
        "no bucket was made: {listed:?}"
    );

    let mut setting = seen_through(|_, answer| answer.to_owned()).await;
    setting.home.set("S3_ENDPOINT", "http://127.0.0.1:1");
    let found = doctor(&setting.home).await;
    assert_eq!(found.names, ["endpoint"], "{}", found.shown);
    assert!(found.failed[0].1.contains("S3_ENDPOINT"), "{}", found.shown);
}
