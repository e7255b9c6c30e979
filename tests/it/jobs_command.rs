//! `telecine jobs`, with and without a server.

use std::process::Stdio;

use serde_json::{Value, json};
use telecine_db::jobs::{self, NewJob};
use telecine_db::schedules::{self, Rhythm, Schedule};
use telecine_model::{Clock, Failure, FailureCode, SystemClock};
use telecine_tests::media;

use crate::desk::{Desk, QUEUE, at_both_desks};
use crate::home;

at_both_desks!(
    jobs_are_listed_and_shown_without_their_secrets,
    a_video_that_failed_is_tried_again_by_a_command,
    each_named_job_is_changed_and_refusals_are_told,
    a_dry_run_counts_and_changes_nothing,
    many_jobs_are_tried_again_and_cleared_by_a_command,
    a_queue_is_paused_and_resumed_by_a_command,
    schedules_are_listed_by_a_command,
    a_log_is_printed_to_its_end,
);

struct Said {
    success: bool,
    stdout: String,
    stderr: String,
}

/// What `telecine jobs` with these arguments says.
fn jobs_command(desk: &Desk, args: &[&str]) -> Said {
    let mut command = desk.home.command(&[&["jobs"], args].concat());
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The same for a command that succeeds.
#[track_caller]
fn said(desk: &Desk, args: &[&str]) -> String {
    let said = jobs_command(desk, args);
    assert!(said.success && said.stderr.is_empty(), "{args:?}: {}{}", said.stdout, said.stderr);
    said.stdout
}

#[track_caller]
fn said_json(desk: &Desk, args: &[&str]) -> Value {
    serde_json::from_str(&said(desk, args)).expect("JSON")
}

async fn jobs_are_listed_and_shown_without_their_secrets(desk: Desk) {
    let detail = Some("GET https://cdn.example/a?key=hush-hush\n\u{1b}[31mred".to_owned());
    let failure = Failure { detail, ..FailureCode::StorageUnavailable.into() };
    desk.insert(NewJob::new("import:1", QUEUE, "import", r#"{"film":7,"token":"hush-hush"}"#)).await;
    let job = desk.claim().await;
    let tx = desk.db.begin().await.unwrap();
    jobs::append_log(&tx, &job.lease(), "password=hush-hush", 1).await.unwrap();
    jobs::fail(&tx, &job.lease(), &failure, SystemClock.now_ms()).await.unwrap();
    tx.commit().await.unwrap();
    desk.add_completed("done", 0).await;
    for number in 0..3 {
        desk.add(&format!("waiting-{number}")).await;
    }

    let listed = said(&desk, &["ls", QUEUE]);
    assert!(
        listed.contains("import:1") && !listed.contains("done"),
        "what has completed is left out: {listed}"
    );
    let heads = listed.lines().next().unwrap();
    let column = heads.find("STATE").unwrap();
    assert!(listed.lines().all(|line| line[..column].ends_with(' ')), "the columns stand in line: {listed}");
    assert!(listed.lines().any(|line| line[column..].starts_with("failed")), "{listed}");
    assert!(listed.contains("storage_unavailable: "), "{listed}");
    let two = said(&desk, &["ls", QUEUE, "--state", "waiting", "--limit", "2"]);
    assert!(two.contains("waiting-1") && !two.contains("waiting-2") && two.contains("--offset 2"), "{two}");
    let found = said_json(&desk, &["ls", "--text", "import:1", "--json"]);
    assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &json!("import:1")));
    assert_eq!(said(&desk, &["ls", QUEUE, "--text", "nothing like it"]), "no jobs\n");

    let shown = said(&desk, &["show", "import:1"]);
    for part in
        ["import in imports", "failed", "test", "https://cdn.example/a?***", r#"{"film":7,"token":"***"}"#]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "no text steers the terminal: {shown}");
    let as_json = said_json(&desk, &["show", "import:1", "--json"]);
    assert_eq!(as_json, desk.job("import:1").await, "the API and the command show the same");
    let all = [listed, shown, as_json.to_string(), said(&desk, &["logs", "import:1"])].concat();
    assert!(!all.contains("hush-hush"), "{all}");

    let unknown = jobs_command(&desk, &["show", "nobody"]);
    assert!(!unknown.success && unknown.stderr.contains("there is no job \"nobody\""), "{}", unknown.stderr);
    let unknown = jobs_command(&desk, &["ls", "nowhere"]);
    assert!(!unknown.success && unknown.stderr.contains("video-processing"), "{}", unknown.stderr);
    let unknown = jobs_command(&desk, &["ls", "--state", "done"]);
    assert!(!unknown.success && unknown.stderr.contains("waiting-children"), "{}", unknown.stderr);
}

async fn a_video_that_failed_is_tried_again_by_a_command(desk: Desk) {
    let video = desk.client.upload(&media::file("truncated_no_moov.mp4")).await;
    desk.client.finished(&video).await;
    let id = format!("process-video-{video}");
    assert!(said(&desk, &["ls", "--state", "failed"]).contains(&id));
    said(&desk, &["pause", "video-processing"]);
    assert_eq!(said(&desk, &["retry", &id]), format!("{id} waits again\n"));
    let again = desk.client.get(&format!("videos/{video}")).await.json;
    assert_eq!((&again["status"], &again["failure"]), (&json!("processing"), &Value::Null));
    said(&desk, &["resume", "video-processing"]);
    // The server finds out by itself.
    assert_eq!(desk.client.finished(&video).await["failure"]["code"], "video_truncated");

    said(&desk, &["pause", "video-processing"]);
    let video = desk.client.upload(&media::file("one_frame.mp4")).await;
    said(&desk, &["cancel", &format!("process-video-{video}")]);
    assert_eq!(desk.client.finished(&video).await["failure"]["code"], "cancelled");
}

async fn each_named_job_is_changed_and_refusals_are_told(desk: Desk) {
    desk.add_failed("failed", &FailureCode::NotMedia.into()).await;
    desk.add_delayed("delayed").await;
    let mixed = jobs_command(&desk, &["retry", "failed", "delayed", "nobody"]);
    assert!(!mixed.success, "not all were changed");
    assert_eq!(mixed.stdout, "failed waits again\n1 of 3 jobs changed\n");
    assert!(mixed.stderr.contains("the job delayed is delayed; only one that is failed"), "{}", mixed.stderr);
    assert!(mixed.stderr.contains("there is no job \"nobody\""), "{}", mixed.stderr);
    assert_eq!(said(&desk, &["promote", "delayed"]), "delayed is due now\n");
    said(&desk, &["cancel", "delayed"]);
    assert_eq!(desk.job("delayed").await["failure"]["code"], "cancelled");
    said(&desk, &["rm", "failed", "delayed"]);
    for id in ["failed", "delayed"] {
        desk.client.get(&format!("jobs/{id}")).await.expect_problem(404, "not_found");
    }
}

async fn a_dry_run_counts_and_changes_nothing(desk: Desk) {
    desk.add_failed("failed", &FailureCode::NotMedia.into()).await;
    desk.add_completed("completed", 0).await;
    desk.add("active").await;
    desk.claim().await;
    desk.add("waiting").await;
    let before = desk.queue().await;
    let cancel = said_partly(&desk, &["cancel", "--dry-run", "waiting", "completed"]);
    assert_eq!(
        cancel,
        "waiting (waiting) would be cancelled\ncompleted is completed and would stay so\n1 of 2 jobs would be changed\n"
    );
    let remove = said_partly(&desk, &["rm", "--dry-run", "failed", "active"]);
    assert!(
        remove.contains("failed (failed) would be removed\nactive is active and would stay so"),
        "{remove}"
    );
    let retry = said(&desk, &["retry", "--all", QUEUE, "--dry-run"]);
    assert_eq!(retry, "1 job would wait again; nothing was changed\n");
    let clear = |args: &[&str]| said(&desk, &[&["clear", QUEUE, "--dry-run", "--state"], args].concat());
    assert_eq!(clear(&["completed"]), "1 job would be removed; nothing was changed\n");
    assert_eq!(clear(&["completed", "--older-than", "1h"]), "0 jobs would be removed; nothing was changed\n");
    assert_eq!(desk.queue().await, before);
}

/// What a command says that leaves some of the named jobs alone.
fn said_partly(desk: &Desk, args: &[&str]) -> String {
    let said = jobs_command(desk, args);
    assert!(!said.success, "{args:?}: {}", said.stdout);
    said.stdout
}

async fn many_jobs_are_tried_again_and_cleared_by_a_command(desk: Desk) {
    for id in ["film-1", "film-2", "song"] {
        desk.add_failed(id, &FailureCode::NotMedia.into()).await;
    }
    assert_eq!(said(&desk, &["retry", "--all", QUEUE, "--text", "song"]), "1 job now waiting again\n");
    assert_eq!(said(&desk, &["retry", "--all", QUEUE]), "2 jobs now waiting again\n");
    assert_eq!(desk.queue().await["failed"], 0);
    desk.add("keeps the queue").await;
    for _ in 0..4 {
        let job = desk.claim().await;
        let completion = jobs::Completion { lease: job.lease(), result: None, drop_row: false };
        let tx = desk.db.begin().await.unwrap();
        jobs::complete(&tx, &completion, SystemClock.now_ms()).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(
        said(&desk, &["clear", QUEUE, "--state", "completed", "--older-than", "2d"]),
        "0 jobs removed\n"
    );
    assert_eq!(said(&desk, &["clear", QUEUE, "--state", "completed"]), "4 jobs removed\n");
    for (args, words) in [
        (&["clear", QUEUE, "--state", "waiting"][..], "only completed or failed"),
        (&["clear", QUEUE, "--state", "failed", "--older-than", "5"], "such as 12h"),
        (&["retry"], "--all"),
        (&["retry", "x", "--all", QUEUE], "--all"),
    ] {
        let refused = jobs_command(&desk, args);
        assert!(!refused.success && refused.stderr.contains(words), "{args:?}: {}", refused.stderr);
    }
}

async fn a_queue_is_paused_and_resumed_by_a_command(desk: Desk) {
    assert!(said(&desk, &["pause", "cleanup"]).starts_with("cleanup is paused"));
    let line = |listed: &str| listed.lines().find(|line| line.starts_with("cleanup")).unwrap().to_owned();
    assert!(line(&said(&desk, &["queues"])).ends_with("paused"));
    assert_eq!(desk.client.get("queues/cleanup").await.json["paused"], true, "the server sees it");
    assert_eq!(said(&desk, &["resume", "cleanup"]), "cleanup is not paused\n");
    let queues = said_json(&desk, &["queues", "--json"]);
    assert_eq!(
        queues,
        desk.client.get("queues").await.json["items"],
        "the API and the command show the same"
    );
    let refused = jobs_command(&desk, &["pause", "nowhere"]);
    assert!(!refused.success && refused.stderr.contains("cleanup, "), "{}", refused.stderr);
}

async fn schedules_are_listed_by_a_command(desk: Desk) {
    let schedule = Schedule {
        id: "test-often".to_owned(),
        queue: QUEUE.to_owned(),
        name: "import".to_owned(),
        data: r#"{"secret":"hush-hush"}"#.to_owned(),
        rhythm: Rhythm::Every(90_000),
        options: "{}".to_owned(),
        next_at: SystemClock.now_ms() + 7_260_000,
        last_at: None,
    };
    let tx = desk.db.begin().await.unwrap();
    schedules::upsert(&tx, &schedule, 1).await.unwrap();
    tx.commit().await.unwrap();
    let listed = said(&desk, &["schedules"]);
    let line = listed.lines().find(|line| line.starts_with("test-often")).unwrap();
    assert!(line.contains("every 90 s") && line.contains("in 2h"), "{listed}");
    let as_json = said_json(&desk, &["schedules", "--json"]);
    let found = as_json.as_array().unwrap().iter().find(|found| found["id"] == "test-often").unwrap();
    assert_eq!(found["data"], json!({ "secret": "***" }));
}

async fn a_log_is_printed_to_its_end(desk: Desk) {
    desk.add("one").await;
    let job = desk.claim().await;
    let log = async |line: &str| {
        let tx = desk.db.begin().await.unwrap();
        assert!(jobs::append_log(&tx, &job.lease(), line, 1).await.unwrap());
        tx.commit().await.unwrap();
    };
    log("the first line").await;
    let printed = said(&desk, &["logs", "one"]);
    assert!(printed.ends_with("Z the first line\n") && printed.lines().count() == 1, "{printed}");
    let mut command = desk.home.command(&["jobs", "logs", "--follow", "one"]);
    let following = command.stdout(Stdio::piped()).spawn().unwrap();
    log("the second line").await;
    let completion = jobs::Completion { lease: job.lease(), result: None, drop_row: false };
    let tx = desk.db.begin().await.unwrap();
    jobs::complete(&tx, &completion, 1).await.unwrap();
    tx.commit().await.unwrap();
    let followed = tokio::task::spawn_blocking(|| following.wait_with_output().unwrap()).await.unwrap();
    let followed = String::from_utf8(followed.stdout).unwrap();
    assert!(followed.ends_with("the second line\n") && followed.lines().count() == 2, "{followed}");
}

#[test]
fn a_folder_without_a_database_has_no_jobs_and_gets_none() {
    let home = home();
    let refused =
        home.command(&["jobs", "ls"]).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && stderr.contains("--data-dir"), "{stderr}");
    assert!(!home.data_dir().exists(), "nothing was made");
}
