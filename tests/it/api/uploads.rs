//! Opening, resuming, completing and giving up uploads.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{answer, text};
use telecine_tests::media;

use crate::home;

#[tokio::test]
async fn announcements_that_cannot_be_are_refused_each_with_its_code() {
    let mut home = home();
    let server = home.serve().await;
    let announce = |size: Value, filename: &str, kind: &str| {
        let body = json!({ "filename": filename, "size": size, "content_type": kind });
        async { server.client.post("uploads", body).await }
    };
    announce(json!(-1), "a.mp4", "video/mp4").await.expect_problem(422, "invalid_size");
    announce(json!(0), "a.mp4", "video/mp4").await.expect_problem(422, "empty_file");
    announce(json!(1_000_000_000_000_000_000_i64), "a.mp4", "video/mp4")
        .await
        .expect_problem(413, "file_too_large");
    announce(json!(1e30), "a.mp4", "video/mp4").await.expect_problem(422, "invalid_body");
    announce(json!(1.5), "a.mp4", "video/mp4").await.expect_problem(422, "invalid_body");
    announce(json!("5"), "a.mp4", "video/mp4").await.expect_problem(422, "invalid_body");
    announce(json!(5), "../../etc/passwd", "video/mp4").await.expect_problem(422, "invalid_filename");
    announce(json!(5), "a.html", "text/html").await.expect_problem(415, "media_type_not_allowed");
    announce(json!(5), "a.mp4", "video").await.expect_problem(415, "unsupported_media_type");
    server.client.post("uploads", json!({ "size": 5 })).await.expect_problem(422, "invalid_body");
    let unknown = json!({ "filename": "a.mp4", "size": 5, "content_type": "video/mp4", "folder": "/" });
    server.client.post("uploads", unknown).await.expect_problem(422, "invalid_body");
    assert_eq!(
        server.client.get("videos").await.expect(StatusCode::OK)["items"],
        json!([]),
        "nothing was made"
    );
}

#[tokio::test]
async fn a_single_put_takes_exactly_the_announced_bytes() {
    let mut home = home();
    let server = home.serve().await;
    let upload = server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    assert_eq!(upload["mode"], "put");
    assert_eq!(upload["headers"], json!({ "content-type": "video/mp4" }));
    let complete = format!("uploads/{}/complete", text(&upload["id"]));
    server.client.post(&complete, json!({})).await.expect_problem(409, "object_missing");
    for wrong in [b"abc".to_vec(), b"abcde".to_vec()] {
        assert_eq!(server.client.put(&upload, wrong).await, StatusCode::FORBIDDEN);
    }
    server.client.post(&complete, json!({})).await.expect_problem(409, "object_missing");
    assert_eq!(server.client.put(&upload, b"abcd".to_vec()).await, StatusCode::OK);
    let done = server.client.post(&complete, json!({})).await.expect(StatusCode::ACCEPTED);
    assert_eq!(done["video_id"], upload["video_id"]);
    let again = server.client.call(Method::POST, &complete, None).await.expect(StatusCode::ACCEPTED);
    assert_eq!(again["video_id"], upload["video_id"], "completing twice returns the same video");
    let path = format!("uploads/{}", text(&upload["id"]));
    server.client.call(Method::DELETE, &path, None).await.expect_problem(409, "upload_complete");
    server.client.finished(text(&upload["video_id"])).await;
}

#[tokio::test]
async fn looking_at_an_upload_prolongs_it_and_tells_until_when() {
    let mut home = home();
    let server = home.serve().await;
    let opened = server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    let seen = server.client.get(&format!("uploads/{}", text(&opened["id"]))).await.expect(StatusCode::OK);
    let db = telecine_db::Db::connect(&home.database_url().into()).await.unwrap();
    let stored = telecine_db::uploads::find(db.read(), text(&opened["id"]).parse().unwrap()).await.unwrap();
    let until = jiff::Timestamp::from_millisecond(stored.unwrap().expires_at).unwrap();
    assert_eq!(text(&seen["expires_at"]).parse::<jiff::Timestamp>().unwrap(), until);
    let before: jiff::Timestamp = text(&opened["expires_at"]).parse().unwrap();
    assert!(until > before);
}

#[tokio::test]
async fn parts_that_storage_has_dropped_need_a_new_upload() {
    let mut home = home();
    let server = home.serve().await;
    let upload = server.client.open_upload("large.mp4", 100_000_001).await.expect(StatusCode::CREATED);
    // As a bucket's rule for old uploads does.
    for record in std::fs::read_dir(home.data_dir().join("objects/telecine/u")).unwrap().flatten() {
        std::fs::remove_file(record.path()).unwrap();
    }
    let complete = format!("uploads/{}/complete", text(&upload["id"]));
    let refused = server.client.post(&complete, json!({})).await;
    assert!(text(&refused.json["detail"]).contains("open a new upload"), "{}", refused.json);
    refused.expect_problem(409, "object_missing");
}

#[tokio::test]
async fn an_optional_body_is_judged_by_what_it_holds() {
    let mut home = home();
    let server = home.serve().await;
    let upload = server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    let complete = format!("{}/api/v1/uploads/{}/complete", server.client.origin(), text(&upload["id"]));
    let post = || server.client.http.post(&complete).bearer_auth(server.client.token());
    let unnamed = post().body(r#"{"parts":[]}"#).send().await.unwrap();
    answer(unnamed).await.expect_problem(415, "unsupported_media_type");
    let empty = post().header("content-type", "application/json").send().await.unwrap();
    answer(empty).await.expect_problem(409, "object_missing");
    let large =
        post().header("content-type", "application/json").body(vec![b' '; 2_000_000]).send().await.unwrap();
    answer(large).await.expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn a_large_file_goes_up_in_parts_and_nothing_is_lost_by_completing_too_early() {
    let mut home = home();
    let server = home.serve().await;
    // A real video with a long free box behind it.
    let mut bytes = std::fs::read(media::file("one_frame.mp4")).unwrap();
    let padding = 100_000_001 - bytes.len();
    bytes.extend(u32::try_from(padding).unwrap().to_be_bytes());
    bytes.extend(b"free");
    bytes.resize(100_000_001, 0);

    let upload = server.client.open_upload("large.mp4", bytes.len()).await.expect(StatusCode::CREATED);
    assert_eq!(
        (&upload["mode"], &upload["part_size"], &upload["part_count"]),
        (&json!("multipart"), &json!(10_485_760), &json!(10))
    );
    let path = format!("uploads/{}", text(&upload["id"]));
    let complete = format!("{path}/complete");
    for numbers in [json!([]), json!([0]), json!([11]), json!([-1]), json!((1..=101).collect::<Vec<_>>())] {
        let refused = server.client.post(&format!("{path}/parts"), json!({ "numbers": numbers })).await;
        refused.expect_problem(422, "invalid_part_numbers");
    }
    let numbers: Vec<u32> = (1..=10).collect();
    let signed = server
        .client
        .post(&format!("{path}/parts"), json!({ "numbers": numbers }))
        .await
        .expect(StatusCode::OK);
    let mut parts = Vec::new();
    for (part, bytes) in signed["urls"].as_array().unwrap().iter().zip(bytes.chunks(10_485_760)) {
        let number = part["number"].as_u64().unwrap();
        if number == 7 {
            server.client.post(&complete, json!({})).await.expect_problem(409, "parts_missing");
        }
        let sent = server.client.http.put(text(&part["url"])).body(bytes.to_vec()).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::OK);
        parts.push(json!({ "number": number, "etag": sent.headers()["etag"].to_str().unwrap() }));
    }
    let seen = server.client.get(&path).await.expect(StatusCode::OK);
    let sizes: Vec<u64> =
        seen["parts"].as_array().unwrap().iter().map(|part| part["size"].as_u64().unwrap()).collect();
    assert_eq!(sizes.iter().sum::<u64>(), 100_000_001);
    assert_eq!(sizes.len(), 10);

    let mut wrong = parts.clone();
    wrong[3]["etag"] = json!("\"00000000000000000000000000000000\"");
    server.client.post(&complete, json!({ "parts": wrong })).await.expect_problem(409, "part_mismatch");
    server.client.post(&complete, json!({ "parts": &parts[..9] })).await.expect_problem(409, "part_mismatch");
    let (first, second) = tokio::join!(
        server.client.post(&complete, json!({ "parts": parts })),
        server.client.post(&complete, json!({ "parts": parts })),
    );
    assert_eq!(
        first.expect(StatusCode::ACCEPTED)["video_id"],
        second.expect(StatusCode::ACCEPTED)["video_id"]
    );
    let video = server.client.finished(text(&upload["video_id"])).await;
    assert_eq!(video["status"], "ready", "{video}");
}

#[tokio::test]
async fn a_part_takes_exactly_its_bytes_and_giving_up_removes_what_has_arrived() {
    let mut home = home();
    let server = home.serve().await;
    let upload = server.client.open_upload("large.mp4", 100_000_001).await.expect(StatusCode::CREATED);
    let path = format!("uploads/{}", text(&upload["id"]));
    let signed = server
        .client
        .post(&format!("{path}/parts"), json!({ "numbers": [1, 10] }))
        .await
        .expect(StatusCode::OK);
    let put = |part: usize, bytes: usize| {
        server.client.http.put(text(&signed["urls"][part]["url"])).body(vec![0_u8; bytes]).send()
    };
    for wrong in [10_485_759, 10_485_761, 5 * 1024 * 1024] {
        assert_eq!(put(0, wrong).await.unwrap().status(), StatusCode::FORBIDDEN, "{wrong} bytes");
    }
    assert_eq!(put(0, 10_485_760).await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        put(1, 100_000_001 - 9 * 10_485_760).await.unwrap().status(),
        StatusCode::OK,
        "the last one is shorter"
    );
    let stored = server.client.get(&path).await.expect(StatusCode::OK);
    assert_eq!(stored["parts"].as_array().unwrap().len(), 2);

    assert_eq!(server.client.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    server.client.get(&path).await.expect_problem(404, "not_found");
    assert!(crate::eventually(|| home.object_files() == 0).await, "the parts are gone");
}

#[tokio::test]
async fn an_upload_that_is_given_up_takes_its_video_with_it() {
    let mut home = home();
    let server = home.serve().await;
    let upload = server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    let path = format!("uploads/{}", text(&upload["id"]));
    let status = server.client.get(&format!("{path}/status")).await.expect(StatusCode::OK);
    assert_eq!((&status["status"], &status["video_status"]), (&json!("open"), &json!("pending_upload")));
    assert_eq!(server.client.put(&upload, b"abcd".to_vec()).await, StatusCode::OK);
    assert_eq!(server.client.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    server
        .client
        .get(&format!("videos/{}", text(&upload["video_id"])))
        .await
        .expect_problem(404, "not_found");
    assert!(crate::eventually(|| home.object_files() == 0).await, "what had arrived is gone");
}

#[tokio::test]
async fn no_upload_and_no_video_are_found_under_other_ids() {
    let mut home = home();
    let server = home.serve().await;
    for id in [
        "01900000-0000-7000-8000-000000000000",
        "x",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "019000000000700080000000000000000",
    ] {
        for path in [format!("uploads/{id}"), format!("uploads/{id}/status"), format!("videos/{id}")] {
            server.client.get(&path).await.expect_problem(404, "not_found");
        }
        server
            .client
            .post(&format!("uploads/{id}/complete"), json!({}))
            .await
            .expect_problem(404, "not_found");
        server
            .client
            .call(Method::DELETE, &format!("videos/{id}"), None)
            .await
            .expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused_with_a_sentence() {
    let mut home = home();
    let server = home.serve().await;
    let uploads = format!("{}/api/v1/uploads", server.client.origin());
    let post = |kind: &'static str, body: Vec<u8>| {
        server
            .client
            .http
            .post(&uploads)
            .bearer_auth(server.client.token())
            .header("content-type", kind)
            .body(body)
            .send()
    };
    answer(post("application/json", b"{".to_vec()).await.unwrap()).await.expect_problem(400, "invalid_json");
    answer(post("application/json", b"\xff\xfe".to_vec()).await.unwrap())
        .await
        .expect_problem(400, "invalid_json");
    answer(post("application/json", b"[]".to_vec()).await.unwrap()).await.expect_problem(422, "invalid_body");
    answer(post("text/plain", b"{}".to_vec()).await.unwrap())
        .await
        .expect_problem(415, "unsupported_media_type");
    answer(post("application/json", vec![b' '; 2_000_000]).await.unwrap())
        .await
        .expect_problem(413, "body_too_large");
}
