//! Events of MinIO and Cloudflare R2, which show a token, and hostile ones.

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_tests::client::{Answer, answer, text};
use telecine_tests::media;
use telecine_tests::server::Server;

use crate::home;

const TOKEN: &str = "events-token-0123456789";

async fn send(server: &Server, token: Option<&str>, body: impl Into<reqwest::Body>) -> Answer {
    let address = format!("{}/api/v1/storage-events", server.client.origin());
    let mut request = server.client.http.post(address).body(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    answer(request.send().await.unwrap()).await
}

fn minio(name: &str, key: &str) -> Value {
    json!({
        "EventName": name,
        "Key": format!("telecine/{key}"),
        "Records": [{
            "eventVersion": "2.0", "eventSource": "minio:s3", "awsRegion": "", "eventTime": "2026-11-21T12:00:00.000Z",
            "eventName": name, "userIdentity": { "principalId": "minio" },
            "requestParameters": { "sourceIPAddress": "10.0.0.1" },
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "Config",
                "bucket": { "name": "telecine", "arn": "arn:aws:s3:::telecine", "ownerIdentity": { "principalId": "minio" } },
                "object": { "key": key.replace('/', "%2F"), "size": 5, "eTag": "abc", "contentType": "video/mp4",
                    "userMetadata": { "content-type": "video/mp4" }, "sequencer": "17F1" },
            },
            "source": { "host": "10.0.0.1", "port": "", "userAgent": "MinIO" },
        }],
    })
}

fn r2(action: &str, key: &str) -> Value {
    json!({
        "account": "3f4b7e3dcab231cbfdaa90a6a28bd548", "action": action, "bucket": "telecine",
        "object": { "key": key, "size": 5, "eTag": "abc" }, "eventTime": "2026-11-21T12:00:00.000Z",
    })
}

/// A file that is in storage although nobody has completed its upload; answers the video's id and the object's key.
async fn arrived(server: &Server) -> (String, String) {
    let bytes = std::fs::read(media::file("one_frame.mp4")).unwrap();
    let upload = server.client.open_upload("clip.mp4", bytes.len()).await.expect(StatusCode::CREATED);
    assert_eq!(server.client.put(&upload, bytes).await, StatusCode::OK);
    let video_id = text(&upload["video_id"]).to_owned();
    let key = format!("videos/{video_id}/source");
    (video_id, key)
}

#[tokio::test]
async fn an_event_of_minio_or_r2_starts_the_processing_once_however_often_it_comes() {
    let mut home = home();
    home.set("STORAGE_EVENTS_TOKEN", TOKEN);
    let server = home.serve().await;
    let (of_minio, key) = arrived(&server).await;
    let event = minio("s3:ObjectCreated:Put", &key);
    let heard = send(&server, Some(TOKEN), event.to_string()).await.expect(StatusCode::OK);
    assert_eq!(heard, json!({ "objects": 1, "arrived": 1 }));
    let (of_r2, key) = arrived(&server).await;
    let batch = json!([r2("PutObject", &key), r2("PutObject", &key), r2("DeleteObject", &key)]);
    let heard = send(&server, Some(TOKEN), batch.to_string()).await.expect(StatusCode::OK);
    assert_eq!(heard, json!({ "objects": 2, "arrived": 2 }));
    for video_id in [&of_minio, &of_r2] {
        let video = server.client.finished(video_id).await;
        assert_eq!(video["status"], "ready", "{video}");
        let replayed = send(&server, Some(TOKEN), event.to_string()).await.expect(StatusCode::OK);
        assert_eq!(replayed, json!({ "objects": 1, "arrived": 1 }));
        let after = server.client.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK);
        assert_eq!(after["updated_at"], video["updated_at"], "a replay changes nothing");
    }
}

#[tokio::test]
async fn events_about_what_is_not_there_change_nothing() {
    let mut home = home();
    home.set("STORAGE_EVENTS_TOKEN", TOKEN);
    let server = home.serve().await;
    let upload = server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    let (video_id, arrived_key) = arrived(&server).await;
    let empty = format!("videos/{}/source", text(&upload["video_id"]));
    let other_bucket = minio("s3:ObjectCreated:Put", &arrived_key)
        .to_string()
        .replace("\"name\":\"telecine\"", "\"name\":\"other\"");
    for event in [
        minio("s3:ObjectCreated:Put", &empty).to_string(),
        minio("s3:ObjectCreated:Put", "videos/01900000-0000-7000-8000-000000000000/source").to_string(),
        minio("s3:ObjectCreated:Put", "../../etc/passwd").to_string(),
        minio("s3:ObjectRemoved:Delete", &arrived_key).to_string(),
        r2("DeleteObject", &arrived_key).to_string(),
        r2("PutObject", &format!("{arrived_key}/x")).to_string(),
        other_bucket,
        json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "telecine" }).to_string(),
    ] {
        let heard = send(&server, Some(TOKEN), event.clone()).await.expect(StatusCode::OK);
        assert_eq!(heard["arrived"], 0, "{event}");
    }
    for id in [video_id.as_str(), text(&upload["video_id"])] {
        let video = server.client.get(&format!("videos/{id}")).await.expect(StatusCode::OK);
        assert_eq!(video["status"], "pending_upload");
    }
}

#[tokio::test]
async fn a_body_that_is_no_event_is_refused() {
    let mut home = home();
    home.set("STORAGE_EVENTS_TOKEN", TOKEN);
    let server = home.serve().await;
    for body in ["", "{", "null", "[[]]", "{\"Records\":5}", "{\"Records\":[{}]}", &"[".repeat(100_000)] {
        send(&server, Some(TOKEN), body.to_owned()).await.expect_problem(422, "invalid_event");
    }
    send(&server, Some(TOKEN), vec![b' '; 300_000]).await.expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn nobody_is_listened_to_without_the_token_and_without_settings() {
    let mut home = home();
    let server = home.serve().await;
    let event = r2("PutObject", "a").to_string();
    send(&server, Some(server.client.token()), event.clone()).await.expect_problem(403, "storage_events_off");
    assert!(server.stop().success());
    home.set("STORAGE_EVENTS_TOKEN", TOKEN);
    let server = home.serve().await;
    for wrong in [
        None,
        Some(""),
        Some("events-token-012345678"),
        Some("events-token-01234567890"),
        Some(server.client.token()),
    ] {
        send(&server, wrong, event.clone()).await.expect_problem(401, "unauthorized");
    }
    assert!(!home.log().contains(TOKEN), "the token stays out of the log");
}
