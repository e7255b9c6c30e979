//! Queues: how many jobs are where, and what is done with many of them.

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_db::jobs::{self, NewJob};
use telecine_db::schedules::{self, Rhythm, Schedule};
use telecine_model::{Clock, Failure, FailureCode, SystemClock};
use telecine_tests::client::text;
use telecine_tests::database;
use telecine_tests::media;

use crate::desk::{Desk, QUEUE, at_both_desks};

at_both_desks!(
    a_queue_counts_its_jobs_by_state,
    a_paused_queue_keeps_its_jobs_until_it_is_resumed,
    jobs_are_listed_page_by_page_the_newest_failure_first,
    jobs_are_found_by_state_and_text,
    what_a_list_cannot_take_is_named,
    finished_jobs_are_cleared_by_state_and_age,
    failed_jobs_are_tried_again_all_at_once_or_by_text,
    background_uploads_are_told_in_the_shape_that_clients_know,
    schedules_are_listed_without_their_secrets,
);

async fn a_queue_counts_its_jobs_by_state(desk: Desk) {
    desk.add_completed("completed", 0).await;
    desk.add_failed("failed", &FailureCode::NotMedia.into()).await;
    desk.add("active").await;
    desk.claim().await;
    desk.add("waiting").await;
    desk.add("also waiting").await;
    desk.add_delayed("delayed").await;
    desk.insert(NewJob { children: 1, ..NewJob::new("parent", QUEUE, "import", "{}") }).await;
    let expected = json!({
        "name": QUEUE, "waiting": 2, "active": 1, "completed": 1, "failed": 1, "delayed": 1,
        "waiting_children": 1, "paused": false,
    });
    assert_eq!(desk.queue().await, expected);
    let all = desk.client.get("queues").await.expect(StatusCode::OK);
    let all = all["items"].as_array().unwrap();
    assert!(all.contains(&expected), "{all:?}");
    let names: Vec<&str> = all.iter().map(|queue| text(&queue["name"])).collect();
    for known in ["video-processing", "cleanup", "notifications", "recommendations"] {
        assert!(names.contains(&known), "also queues without a job: {names:?}");
    }
    assert!(names.is_sorted());

    let unknown = desk.client.get("queues/nowhere").await;
    assert!(text(&unknown.json["detail"]).contains("video-processing"), "{}", unknown.json);
    unknown.expect_problem(404, "unknown_queue");
    desk.client.get("queues/nowhere/jobs").await.expect_problem(404, "unknown_queue");
    for verb in ["pause", "resume", "retry"] {
        desk.post(&format!("queues/nowhere/{verb}")).await.expect_problem(404, "unknown_queue");
    }
    desk.delete("queues/nowhere/jobs?state=failed").await.expect_problem(404, "unknown_queue");
}

async fn a_paused_queue_keeps_its_jobs_until_it_is_resumed(desk: Desk) {
    let clip = media::file("one_frame.mp4");
    for _ in 0..2 {
        let paused = desk.post("queues/video-processing/pause").await.expect(StatusCode::OK);
        assert_eq!(paused["paused"], true, "also when it is paused already");
    }
    let kept = desk.client.upload(&clip).await;
    // Another queue's job that was added later has run: the worker has looked, and passed this one over.
    let upload = desk.client.open_upload("a.mp4", 5).await.expect(StatusCode::CREATED);
    let deleted = text(&upload["video_id"]).to_owned();
    assert_eq!(desk.delete(&format!("videos/{deleted}")).await.status, StatusCode::NO_CONTENT);
    let is_taken = async || {
        let path = "queues/cleanup/jobs?state=waiting&text=delete-video";
        let waiting = desk.client.get(path).await.expect(StatusCode::OK);
        waiting["items"].as_array().unwrap().is_empty()
    };
    assert!(crate::eventually_async(is_taken).await, "the video is cleaned up");
    assert_eq!(desk.state(&format!("process-video-{kept}")).await, "waiting");
    let queue = desk.client.get("queues/video-processing").await.expect(StatusCode::OK);
    assert_eq!((&queue["waiting"], &queue["paused"]), (&json!(1), &json!(true)));

    let resumed = desk.post("queues/video-processing/resume").await.expect(StatusCode::OK);
    assert_eq!(resumed["paused"], false);
    assert_eq!(desk.client.finished(&kept).await["status"], "ready");
}

async fn jobs_are_listed_page_by_page_the_newest_failure_first(desk: Desk) {
    for number in 0..5 {
        desk.add_failed(&format!("failed-{number}"), &FailureCode::NotMedia.into()).await;
    }
    let page = async |query: &str| {
        let path = format!("queues/{QUEUE}/jobs?state=failed&{query}");
        desk.client.get(&path).await.expect(StatusCode::OK)
    };
    let first = page("limit=2").await;
    assert_eq!((ids(&first), &first["next_offset"]), (vec!["failed-4", "failed-3"], &json!(2)));
    let second = page("limit=2&offset=2").await;
    assert_eq!((ids(&second), &second["next_offset"]), (vec!["failed-2", "failed-1"], &json!(4)));
    let last = page("limit=2&offset=4").await;
    assert_eq!((ids(&last), &last["next_offset"]), (vec!["failed-0"], &Value::Null));
    let exactly = page("limit=5").await;
    assert_eq!((ids(&exactly).len(), &exactly["next_offset"]), (5, &Value::Null));
    assert_eq!(ids(&page("offset=5").await), Vec::<&str>::new());
    let shown = &first["items"][0];
    assert_eq!(shown["failure"]["code"], "not_media");
    assert_eq!(
        (&shown["name"], &shown["worker"], &shown["attempts_made"]),
        (&json!("import"), &json!("test"), &json!(1))
    );
    assert!(text(&shown["finished_at"]) >= text(&shown["started_at"]), "times sort as text: {shown}");
    assert!(text(&shown["run_at"]).ends_with(".000Z"), "with full seconds too: {shown}");
    assert!(shown.get("data").is_none(), "lists are small");
}

async fn jobs_are_found_by_state_and_text(desk: Desk) {
    desk.insert(NewJob::new("one", QUEUE, "import", r#"{"title":"100%_sure"}"#)).await;
    desk.insert(NewJob { subject: Some("film-7".to_owned()), ..NewJob::new("two", QUEUE, "import", "{}") })
        .await;
    desk.insert(NewJob::new("three", QUEUE, "export", r#"{"title":"100 is sure"}"#)).await;
    desk.add_delayed("later").await;
    let found = async |query: &str| {
        let listed = desk.client.get(&format!("queues/{QUEUE}/jobs?{query}")).await.expect(StatusCode::OK);
        ids(&listed).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("text=100%25_s").await, ["one"], "no character is a wildcard");
    assert_eq!(found("text=film-7").await, ["two"]);
    assert_eq!(found("text=export").await, ["three"]);
    assert_eq!(found("text=").await.len(), 4);
    assert_eq!(found("state=delayed").await, ["later"]);
    assert_eq!(found("state=delayed,waiting&text=import").await, ["one", "two", "later"]);
    assert_eq!(found("state=active").await, [""; 0]);
}

async fn what_a_list_cannot_take_is_named(desk: Desk) {
    desk.add("one").await;
    let too_long = format!("text={}", "x".repeat(201));
    for (query, code) in [
        ("limit=0", "invalid_limit"),
        ("limit=101", "invalid_limit"),
        ("limit=x", "invalid_query"),
        ("offset=1000001", "invalid_offset"),
        ("state=done", "invalid_state"),
        ("state=", "invalid_state"),
        ("stat=failed", "invalid_query"),
        (too_long.as_str(), "invalid_text"),
    ] {
        desk.client.get(&format!("queues/{QUEUE}/jobs?{query}")).await.expect_problem(422, code);
    }
    for query in ["", "state=waiting", "state=done"] {
        let code = if query.is_empty() { "invalid_query" } else { "invalid_state" };
        desk.delete(&format!("queues/{QUEUE}/jobs?{query}")).await.expect_problem(422, code);
    }
    assert_eq!(desk.state("one").await, "waiting", "nothing was cleared");
}

async fn finished_jobs_are_cleared_by_state_and_age(desk: Desk) {
    desk.add_completed("old", 7200).await;
    desk.add_completed("new", 0).await;
    desk.add_failed("failed", &FailureCode::NotMedia.into()).await;
    desk.add("waiting").await;
    let clear = async |query: &str| {
        desk.delete(&format!("queues/{QUEUE}/jobs?{query}")).await.expect(StatusCode::OK)["cleared"].clone()
    };
    assert_eq!(clear("state=completed&older_than_s=3600").await, 1);
    desk.client.get("jobs/old").await.expect_problem(404, "not_found");
    assert_eq!(desk.state("new").await, "completed");
    assert_eq!(clear("state=completed").await, 1);
    assert_eq!(clear("state=completed").await, 0, "a second click does nothing");
    assert_eq!(clear("state=failed&older_than_s=3600").await, 0);
    assert_eq!(clear("state=failed").await, 1);
    assert_eq!(desk.state("waiting").await, "waiting");
}

async fn failed_jobs_are_tried_again_all_at_once_or_by_text(desk: Desk) {
    for id in ["film-1", "film-2", "song-1"] {
        desk.add_failed(id, &FailureCode::StorageUnavailable.into()).await;
    }
    desk.add("waiting").await;
    let retry = async |query: &str| {
        desk.post(&format!("queues/{QUEUE}/retry{query}")).await.expect(StatusCode::OK)["retried"].clone()
    };
    assert_eq!(retry("?text=song").await, 1);
    assert_eq!((desk.state("song-1").await, desk.state("film-1").await), ("waiting".into(), "failed".into()));
    assert_eq!(retry("").await, 2);
    assert_eq!(retry("").await, 0, "a second click does nothing");
    let again = desk.job("film-2").await;
    assert_eq!((&again["attempts_made"], &again["failure"]), (&json!(0), &Value::Null));
    assert_eq!(again["attempts"].as_array().unwrap().len(), 1, "what happened is still told: {again}");
}

async fn background_uploads_are_told_in_the_shape_that_clients_know(desk: Desk) {
    let empty = desk.client.get("upload-queue/status").await.expect(StatusCode::OK);
    assert_eq!(empty, json!({ "queueLength": 0, "processing": false, "jobs": [] }));
    let now = SystemClock.now_ms();
    let later = now + 3_600_000;
    let asset =
        |id: &str| NewJob { max_attempts: 3, ..NewJob::new(id, "asset-upload", "upload-asset", "{}") };
    // A worker that serves the queue leaves these jobs where the test puts them.
    let tx = desk.db.begin().await.unwrap();
    jobs::pause(&tx, "asset-upload").await.unwrap();
    tx.commit().await.unwrap();
    for id in ["ep1", "ep2", "ep3"] {
        desk.insert(asset(id)).await;
    }
    let tx = desk.db.begin().await.unwrap();
    jobs::resume(&tx, "asset-upload").await.unwrap();
    let claimed =
        database::claim(&tx, "asset-upload", 2, jobs::Claimant { worker: "test", now, lease_until: later })
            .await
            .unwrap();
    jobs::pause(&tx, "asset-upload").await.unwrap();
    let failure: Failure = FailureCode::StorageUnavailable.into();
    jobs::retry_at(&tx, &claimed[1].lease(), &failure, later, now).await.unwrap();
    tx.commit().await.unwrap();
    let status = desk.client.get("upload-queue/status").await.expect(StatusCode::OK);
    assert_eq!(
        status,
        json!({
            "queueLength": 3,
            "processing": true,
            "jobs": [
                { "id": "ep1", "status": "processing", "retries": 0 },
                { "id": "ep2", "status": "pending", "retries": 1 },
                { "id": "ep3", "status": "pending", "retries": 0 },
            ],
        })
    );
    let tx = desk.db.begin().await.unwrap();
    jobs::fail(&tx, &claimed[0].lease(), &failure, now).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let status = desk.client.get("upload-queue/status").await.expect(StatusCode::OK);
    assert_eq!((&status["queueLength"], &status["processing"]), (&json!(2), &json!(false)));
    assert_eq!(status["jobs"][2], json!({ "id": "ep1", "status": "failed", "retries": 1 }), "{status}");
}

async fn schedules_are_listed_without_their_secrets(desk: Desk) {
    let schedule = |id: &str, rhythm| Schedule {
        id: id.to_owned(),
        queue: QUEUE.to_owned(),
        name: "import".to_owned(),
        data: r#"{"feed":"https://u:hush@feeds.example/all?key=hush"}"#.to_owned(),
        rhythm,
        options: "{}".to_owned(),
        next_at: SystemClock.now_ms() + 3_600_000,
        last_at: None,
    };
    let cron = Rhythm::Cron { pattern: "0 2 * * *".to_owned(), time_zone: Some("Europe/Berlin".to_owned()) };
    let tx = desk.db.begin().await.unwrap();
    schedules::upsert(&tx, &schedule("test-nightly", cron), 1).await.unwrap();
    schedules::upsert(&tx, &schedule("test-often", Rhythm::Every(1500)), 1).await.unwrap();
    tx.commit().await.unwrap();
    let listed = desk.client.get("schedules").await.expect(StatusCode::OK);
    assert!(!listed.to_string().contains("hush"), "{listed}");
    let of = |id: &str| listed["items"].as_array().unwrap().iter().find(|item| item["id"] == id).cloned();
    let (nightly, often) = (of("test-nightly").unwrap(), of("test-often").unwrap());
    assert_eq!(
        (&nightly["cron"], &nightly["time_zone"], &nightly["every_s"]),
        (&json!("0 2 * * *"), &json!("Europe/Berlin"), &Value::Null)
    );
    assert_eq!((&often["cron"], &often["every_s"]), (&Value::Null, &json!(1.5)));
    assert_eq!(often["data"], json!({ "feed": "https://***@feeds.example/all?***" }));
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("a page").iter().map(|job| text(&job["id"])).collect()
}
