//! One job: what is known of it, and what people do about it.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_db::jobs::{self, NewJob, OnChildFailure, Parent};
use telecine_model::{Clock, Failure, FailureCode, SystemClock};
use telecine_tests::client::text;
use telecine_tests::media;

use crate::desk::{Desk, QUEUE, at_both_desks};

at_both_desks!(
    a_job_shows_its_attempts_log_and_children_and_no_secret,
    a_log_is_read_page_by_page,
    a_failed_video_shows_what_the_tool_said_and_is_tried_again,
    a_cancelled_video_is_tried_again_and_becomes_ready,
    a_running_job_is_cancelled_and_its_video_fails,
    a_delayed_job_is_promoted_once,
    a_job_in_another_state_is_left_alone,
    of_many_clicks_at_once_one_counts,
    a_removed_job_is_gone_and_a_running_one_stays,
    ids_of_other_programs_are_found_whatever_is_in_them,
    an_unknown_job_is_not_found,
);

/// In everything that a program or a tool could put it into.
const SECRET: &str = "hush-hush";

async fn a_job_shows_its_attempts_log_and_children_and_no_secret(desk: Desk) {
    let data = json!({
        "videoUrl": format!("https://cdn.example/film.mp4?X-Amz-Signature={SECRET}"),
        "accessToken": SECRET,
        "login": { "user": "anna", "password": SECRET, "Api_Key": { "id": SECRET } },
        "callback": format!("https://anna:{SECRET}@hooks.example/done"),
        "title": "A film",
    });
    desk.insert(NewJob {
        max_attempts: 3,
        children: 1,
        ..NewJob::new("one", QUEUE, "import", &data.to_string())
    })
    .await;
    let parent = Some(Parent { id: "one".to_owned(), on_failure: OnChildFailure::Ignore });
    desk.insert(NewJob { parent, ..NewJob::new("child", QUEUE, "import", "{}") }).await;
    let said = format!("GET https://cdn.example/film.mp4?token={SECRET}\nAuthorization: Bearer {SECRET}");
    let failure = Failure { detail: Some(said.clone()), ..FailureCode::StorageUnavailable.into() };
    let now = SystemClock.now_ms();
    let child = desk.claim().await;
    let tx = desk.db.begin().await.unwrap();
    jobs::fail(&tx, &child.lease(), &Failure { message: said.clone(), ..failure.clone() }, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let job = desk.claim().await;
    let tx = desk.db.begin().await.unwrap();
    let report = json!({ "secret": SECRET, "stage": "download" }).to_string();
    jobs::beat(&tx, &job.lease(), now + 3_600_000, 0.25, Some(&report)).await.unwrap();
    jobs::append_log(&tx, &job.lease(), "fetching", now).await.unwrap();
    jobs::append_log(&tx, &job.lease(), &said, now).await.unwrap();
    let started = job.started_at.unwrap();
    jobs::retry_at(&tx, &job.lease(), &failure, now + 3_600_000, started + 1500).await.unwrap();
    tx.commit().await.unwrap();

    let shown = desk.job("one").await;
    assert_eq!(
        (&shown["state"], &shown["attempts_made"], &shown["max_attempts"]),
        (&json!("delayed"), &json!(1), &json!(3))
    );
    assert_eq!(shown["data"]["title"], "A film");
    assert_eq!(shown["data"]["videoUrl"], "https://cdn.example/film.mp4?***");
    assert_eq!(shown["data"]["login"], json!({ "user": "anna", "password": "***", "Api_Key": "***" }));
    assert_eq!(shown["data"]["callback"], "https://***@hooks.example/done");
    assert_eq!(shown["progress_data"], json!({ "secret": "***", "stage": "download" }));
    assert_eq!(shown["failure"]["code"], "storage_unavailable");
    let attempt = &shown["attempts"][0];
    assert_eq!(
        (&attempt["outcome"], &attempt["worker"], &attempt["duration_s"]),
        (&json!("retried"), &json!("test"), &json!(1.5))
    );
    assert!(text(&attempt["failure"]["detail"]).starts_with("GET https://cdn.example/film.mp4?***\n"));
    assert_eq!((&shown["log"][0]["number"], &shown["log"][0]["line"]), (&json!(1), &json!("fetching")));
    assert_eq!(
        (&shown["children"][0]["id"], &shown["children"][0]["state"]),
        (&json!("child"), &json!("failed"))
    );

    let logs = desk.client.get("jobs/one/logs").await.expect(StatusCode::OK);
    let list = desk.client.get(&format!("queues/{QUEUE}/jobs")).await.expect(StatusCode::OK);
    for answer in [&shown, &logs, &list, &desk.job("child").await] {
        assert!(!answer.to_string().contains(SECRET), "{answer}");
    }
}

async fn a_log_is_read_page_by_page(desk: Desk) {
    desk.add("one").await;
    let job = desk.claim().await;
    let tx = desk.db.begin().await.unwrap();
    for number in 1..=3 {
        assert!(jobs::append_log(&tx, &job.lease(), &format!("line {number}"), 1).await.unwrap());
    }
    tx.commit().await.unwrap();
    let page =
        async |query: &str| desk.client.get(&format!("jobs/one/logs?{query}")).await.expect(StatusCode::OK);
    let first = page("limit=2").await;
    let lines = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|line| text(&line["line"]).to_owned()).collect()
    };
    assert_eq!((lines(&first), &first["next_after"]), (vec!["line 1".into(), "line 2".into()], &json!(2)));
    let last = page("after=2").await;
    assert_eq!((lines(&last), &last["next_after"]), (vec!["line 3".into()], &json!(3)));
    let none = page("after=3").await;
    assert_eq!((lines(&none), &none["next_after"]), (Vec::new(), &json!(3)));
    desk.client.get("jobs/one/logs?limit=101").await.expect_problem(422, "invalid_limit");
}

async fn a_failed_video_shows_what_the_tool_said_and_is_tried_again(desk: Desk) {
    let video = desk.client.upload(&media::file("truncated_faststart_60pct.mp4")).await;
    assert_eq!(desk.client.finished(&video).await["failure"]["code"], "video_truncated");
    let id = format!("process-video-{video}");
    let failed = desk.job(&id).await;
    assert_eq!((&failed["state"], &failed["subject"]), (&json!("failed"), &json!(video)));
    assert_eq!(failed["failure"]["code"], "video_truncated");
    assert!(text(&failed["failure"]["message"]).ends_with('.'), "{failed}");
    let detail = text(&failed["failure"]["detail"]);
    let place = desk.home.data_dir().display().to_string();
    assert!(detail.len() > 5 && !detail.contains(&place), "{detail}");
    let attempt = &failed["attempts"][0];
    assert!(
        !text(&attempt["worker"]).is_empty() && attempt["duration_s"].as_f64().unwrap() > 0.0,
        "{attempt}"
    );
    assert_eq!(attempt["failure"], failed["failure"]);

    // While the queue is paused, the video can be seen to be processed again.
    desk.post("queues/video-processing/pause").await.expect(StatusCode::OK);
    assert_eq!(desk.post(&format!("jobs/{id}/retry")).await.status, StatusCode::NO_CONTENT);
    let again = desk.client.get(&format!("videos/{video}")).await.expect(StatusCode::OK);
    assert_eq!((&again["status"], &again["failure"]), (&json!("processing"), &Value::Null));
    assert_eq!(desk.state(&id).await, "waiting");
    desk.post(&format!("jobs/{id}/retry")).await.expect_problem(409, "wrong_state");
    desk.post("queues/video-processing/resume").await.expect(StatusCode::OK);
    assert_eq!(desk.client.finished(&video).await["failure"]["code"], "video_truncated");
    let has_two = async || desk.job(&id).await["attempts"].as_array().unwrap().len() == 2;
    assert!(crate::eventually_async(has_two).await);
}

async fn a_cancelled_video_is_tried_again_and_becomes_ready(desk: Desk) {
    desk.post("queues/video-processing/pause").await.expect(StatusCode::OK);
    let video = desk.client.upload(&media::file("one_frame.mp4")).await;
    let id = format!("process-video-{video}");
    assert_eq!(desk.post(&format!("jobs/{id}/cancel")).await.status, StatusCode::NO_CONTENT);
    let cancelled = desk.client.get(&format!("videos/{video}")).await.expect(StatusCode::OK);
    assert_eq!(
        (&cancelled["status"], &cancelled["failure"]["code"]),
        (&json!("failed"), &json!("cancelled"))
    );
    desk.post(&format!("jobs/{id}/cancel")).await.expect_problem(409, "wrong_state");
    assert_eq!(desk.post(&format!("jobs/{id}/retry")).await.status, StatusCode::NO_CONTENT);
    desk.post("queues/video-processing/resume").await.expect(StatusCode::OK);
    assert_eq!(desk.client.finished(&video).await["status"], "ready");
    let is_completed = async || desk.state(&id).await == "completed";
    assert!(crate::eventually_async(is_completed).await);
    desk.post(&format!("jobs/{id}/retry")).await.expect_problem(409, "wrong_state");
}

/// Makes the ladder, which is what takes thumbnails, and stays.
const NEVER_DONE: &str =
    "#!/bin/sh\ncase \"$*\" in *thumb_*) ffmpeg \"$@\"; sleep 1000;; esac\nexec ffmpeg \"$@\"\n";

async fn a_running_job_is_cancelled_and_its_video_fails(desk: Desk) {
    let desk = desk.restart_with_encoder(NEVER_DONE).await;
    let video = desk.client.upload(&media::file("avsync_flash_beep_12s.mp4")).await;
    let id = format!("process-video-{video}");
    // The job that it waits for is running.
    desk.client.until(&video, |video| video["progress"].as_f64().unwrap() > 0.2).await;
    assert_eq!(desk.post(&format!("jobs/{id}/cancel")).await.status, StatusCode::NO_CONTENT);
    let stopped = desk.client.finished(&video).await;
    assert_eq!(stopped["failure"]["code"], "cancelled", "{stopped}");
    let job = desk.job(&id).await;
    assert_eq!((&job["state"], &job["failure"]["code"]), (&json!("failed"), &json!("cancelled")));
    let encoder = format!("encode-video-{video}-1");
    let has_ended = async || desk.state(&encoder).await == "failed";
    assert!(crate::eventually_async(has_ended).await);
    let job = desk.job(&encoder).await;
    assert_eq!(job["failure"]["code"], "cancelled", "{job}");
    assert_eq!(job["attempts"].as_array().unwrap().len(), 1, "{job}");
    assert!(crate::eventually(|| desk.home.scratch_files() == 0).await);
}

async fn a_delayed_job_is_promoted_once(desk: Desk) {
    desk.add_delayed("later").await;
    assert_eq!(desk.post("jobs/later/promote").await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.state("later").await, "waiting");
    let again = desk.post("jobs/later/promote").await;
    assert_eq!(again.json["detail"], "the job later is waiting; only one that is delayed can be promoted");
    again.expect_problem(409, "wrong_state");
    assert_eq!(desk.claim().await.id, "later", "it is due");
}

async fn a_job_in_another_state_is_left_alone(desk: Desk) {
    desk.add_completed("completed", 0).await;
    desk.add_failed("failed", &FailureCode::NotMedia.into()).await;
    desk.add("active").await;
    desk.claim().await;
    desk.add("waiting").await;
    desk.add_delayed("delayed").await;
    let refused = BTreeMap::from([
        ("retry", &["completed", "active", "waiting", "delayed"][..]),
        ("promote", &["completed", "failed", "active", "waiting"]),
        ("cancel", &["completed", "failed"]),
    ]);
    for (verb, ids) in refused {
        for id in ids {
            let answer = desk.post(&format!("jobs/{id}/{verb}")).await;
            assert!(
                text(&answer.json["detail"]).starts_with(&format!("the job {id} is {id};")),
                "{}",
                answer.json
            );
            answer.expect_problem(409, "wrong_state");
            assert_eq!(desk.state(id).await, *id);
        }
    }
}

async fn of_many_clicks_at_once_one_counts(desk: Desk) {
    desk.add_failed("failed", &FailureCode::StorageUnavailable.into()).await;
    desk.add_delayed("delayed").await;
    for path in ["jobs/failed/retry", "jobs/delayed/promote"] {
        let clicks = futures::future::join_all((0..8).map(|_| desk.post(path))).await;
        let count = |status| clicks.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(StatusCode::NO_CONTENT), count(StatusCode::CONFLICT)), (1, 7), "{path}");
    }
    let clicks = futures::future::join_all((0..8).map(|_| desk.delete("jobs/failed"))).await;
    let count = |status| clicks.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(StatusCode::NO_CONTENT), count(StatusCode::NOT_FOUND)), (1, 7));
}

async fn a_removed_job_is_gone_and_a_running_one_stays(desk: Desk) {
    desk.add_failed("failed", &FailureCode::NotMedia.into()).await;
    desk.add("active").await;
    desk.claim().await;
    desk.add("waiting").await;
    for id in ["failed", "waiting"] {
        assert_eq!(desk.delete(&format!("jobs/{id}")).await.status, StatusCode::NO_CONTENT);
        desk.client.get(&format!("jobs/{id}")).await.expect_problem(404, "not_found");
    }
    desk.delete("jobs/active").await.expect_problem(409, "wrong_state");
    assert_eq!(desk.state("active").await, "active");

    // What it worked on does not wait for ever.
    desk.post("queues/video-processing/pause").await.expect(StatusCode::OK);
    let video = desk.client.upload(&media::file("one_frame.mp4")).await;
    let removed = desk.delete(&format!("jobs/process-video-{video}")).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.client.finished(&video).await["failure"]["code"], "cancelled");
}

async fn ids_of_other_programs_are_found_whatever_is_in_them(desk: Desk) {
    for id in ["imports:17", "repeat:nightly:1760000000000", "a/b", "a b%2Fc?d#e", "größe", "../queues"] {
        desk.add_failed(id, &FailureCode::NotMedia.into()).await;
        let path = format!("jobs/{}", utf8_percent_encode(id, NON_ALPHANUMERIC));
        let shown = desk.client.get(&path).await.expect(StatusCode::OK);
        assert_eq!(shown["id"], id);
        desk.client.get(&format!("{path}/logs")).await.expect(StatusCode::OK);
        assert_eq!(desk.post(&format!("{path}/retry")).await.status, StatusCode::NO_CONTENT, "{id}");
        assert_eq!(desk.delete(&path).await.status, StatusCode::NO_CONTENT, "{id}");
    }
}

async fn an_unknown_job_is_not_found(desk: Desk) {
    desk.client.get("jobs/nobody").await.expect_problem(404, "not_found");
    desk.client.get("jobs/nobody/logs").await.expect_problem(404, "not_found");
    for verb in ["retry", "promote", "cancel"] {
        desk.post(&format!("jobs/nobody/{verb}")).await.expect_problem(404, "not_found");
    }
    desk.delete("jobs/nobody").await.expect_problem(404, "not_found");
}
