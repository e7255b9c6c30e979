//! Jobs in processes of their own.

use std::process::Stdio;

use reqwest::StatusCode;
use serde_json::Value;
use telecine_tests::media;
use telecine_tests::server::Worker;

use crate::{home, homes};

async fn get(worker: &Worker, path: &str) -> (StatusCode, Value) {
    let answer = reqwest::get(format!("{}{path}", worker.health_origin)).await.expect("the worker answers");
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_worker_beside_a_server_without_workers_processes_what_is_uploaded() {
    for (mut home, _postgres) in homes() {
        let server = home.serve_with(&["--no-workers"]).await;
        let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
        let worker =
            home.work(&["--queues", "video-processing", "--concurrency", "video-processing=2"]).await;
        let video = server.client.finished(&video_id).await;
        assert_eq!(video["status"], "ready", "{video}");
        let (status, health) = get(&worker, "/health").await;
        assert_eq!((status, &health["status"]), (StatusCode::OK, &Value::from("healthy")), "{health}");
        assert_eq!(health["worker"], worker.name.as_str());
        let is_ready = async || get(&worker, "/health/ready").await.0 == StatusCode::OK;
        assert!(crate::eventually_async(is_ready).await, "a canary has ended");
        assert!(worker.stop().success());
        assert!(server.stop().success());
        assert_eq!(home.scratch_files(), 0);
    }
}

#[tokio::test]
async fn a_worker_leaves_queues_that_it_was_not_given_alone() {
    for (mut home, _postgres) in homes() {
        let server = home.serve_with(&["--no-workers"]).await;
        let waiting = server.client.upload(&media::file("one_frame.mp4")).await;
        let unwanted = server.client.upload(&media::file("no_audio.mp4")).await;
        let worker = home.work(&["--queues", "cleanup,uploads"]).await;
        let deleted = server.client.call(reqwest::Method::DELETE, &format!("videos/{unwanted}"), None).await;
        deleted.expect(StatusCode::NO_CONTENT);
        let is_gone = async || {
            server.client.get(&format!("videos/{unwanted}")).await.status == StatusCode::NOT_FOUND
                && !home.data_dir().join(format!("objects/telecine/videos/{unwanted}")).exists()
        };
        assert!(crate::eventually_async(is_gone).await, "the worker deletes");
        let video = server.client.get(&format!("videos/{waiting}")).await.expect(StatusCode::OK);
        assert_eq!(video["status"], "processing", "nobody works on it: {video}");
        drop(worker);
    }
}

#[tokio::test]
async fn a_killed_worker_gets_its_name_back_and_takes_its_job_up_at_once() {
    for (mut home, _postgres) in homes() {
        home.set("FFMPEG_PRESET", "veryslow");
        let server = home.serve_with(&["--no-workers"]).await;
        let worker = home.work(&[]).await;
        let video_id = server.client.upload(&media::file("avsync_flash_beep_12s.mp4")).await;
        server.client.until(&video_id, |video| video["progress"].as_f64().unwrap() > 0.1).await;
        let name = worker.name.clone();
        worker.kill();
        home.set("FFMPEG_PRESET", "ultrafast");
        let again = home.work(&[]).await;
        assert_eq!(again.name, name);
        let other = home.work(&["--queues", "cleanup"]).await;
        assert_ne!(other.name, name, "no two live workers share a name");
        assert_eq!(server.client.finished(&video_id).await["status"], "ready");
        assert!(home.log().contains("takes up the jobs that this worker was killed with"), "{}", home.log());
    }
}

#[test]
fn a_worker_says_what_it_cannot_work_on_and_what_it_needs() {
    let home = home();
    for (flags, words) in [
        (&["--queues", "video-procesing"][..], &["video-procesing", "video-processing", "cleanup"][..]),
        (&["--concurrency", "nothing=2"], &["nothing", "video-processing"]),
        (&["--concurrency", "cleanup=0"], &["jobs.concurrency.cleanup", "1 to 1000"]),
        (&["--concurrency", "cleanup"], &["QUEUE=NUMBER"]),
        (&["--concurrency", "cleanup=x"], &["not a number"]),
        (&["--queues", "uploads", "--concurrency", "cleanup=2"], &["cleanup=2", "only on uploads"]),
        (&[], &["S3_ENDPOINT", "telecine serve"]),
    ] {
        let mut command = home.command(&[&["worker"], flags].concat());
        let output = command.stderr(Stdio::piped()).output().expect("the binary starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && words.iter().all(|word| stderr.contains(word)),
            "{flags:?}: {stderr}"
        );
    }
    assert!(!home.data_dir().exists(), "nothing was made");
}
