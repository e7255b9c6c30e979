//! Jobs as other programs write them: they name a file by its address or path, and get a video.

use std::time::Duration;

use serde_json::{Value, json};
use telecine_db::Db;
use telecine_db::jobs::{self, Job, NewJob};
use telecine_model::JobState;
use telecine_tests::client::Client;
use telecine_tests::media;
use telecine_tests::origin::{Origin, Reply};
use telecine_tests::server::Home;

use crate::home;

/// Another program: it knows the database, and writes jobs as the requirements show them.
struct Producer(Db);

impl Producer {
    async fn of(home: &Home) -> Self {
        Self(Db::connect(&home.database_url().into()).await.unwrap())
    }

    async fn add(&self, id: &str, name: &str, data: &Value) {
        let tx = self.0.begin().await.unwrap();
        let job = NewJob { max_attempts: 2, ..NewJob::new(id, "video-processing", name, &data.to_string()) };
        assert!(jobs::insert(&tx, &job, 1).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// The job once it has ended.
    async fn ended(&self, id: &str) -> Job {
        let ended = async {
            loop {
                let job = jobs::find(self.0.read(), id).await.unwrap().expect("the job is kept");
                if job.state.is_finished() {
                    return job;
                }
                // Another process works on it: its transactions cannot wake this one.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the job ends")
    }
}

async fn video_of(client: &Client, job: &Job) -> Value {
    assert_eq!((job.state, &job.failure), (JobState::Completed, &None));
    let result: Value = serde_json::from_str(job.result.as_deref().expect("a result")).unwrap();
    let video = client.get(&format!("videos/{}", result["videoId"].as_str().unwrap())).await;
    video.expect(reqwest::StatusCode::OK)
}

#[tokio::test]
async fn an_address_in_the_first_dialect_becomes_a_video_once() {
    let origin =
        Origin::start(async |_| Reply::ok(std::fs::read(media::file("one_frame.mp4")).unwrap())).await;
    let mut home = home();
    home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
    let server = home.serve().await;
    let producer = Producer::of(&home).await;
    let data = json!({ "contentId": "content-id", "videoUrl": origin.at("/in/Clip.mp4?signature=s3cret"),
        "qualities": ["720p", "1080p", "4K"] });
    producer.add("foreign-1", "transcode", &data).await;
    let video = video_of(&server.client, &producer.ended("foreign-1").await).await;
    assert_eq!((&video["status"], &video["title"]), (&json!("ready"), &json!("Clip.mp4")));

    producer.add("foreign-2", "transcode", &data).await;
    let again = video_of(&server.client, &producer.ended("foreign-2").await).await;
    assert_eq!(again["id"], video["id"]);
    assert_eq!(origin.received().len(), 1, "the file is fetched once");
    assert!(!home.log().contains("s3cret"));
    assert_eq!(home.reconcile(&[])["findings"], json!([]));
}

#[tokio::test]
async fn a_path_in_the_second_dialect_is_read_only_where_the_settings_allow_it() {
    let mut home = home();
    let incoming = home.file("incoming");
    std::fs::create_dir(&incoming).unwrap();
    std::fs::copy(media::file("one_frame.mp4"), incoming.join("video.mp4")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", incoming.join("link.mp4")).unwrap();
    home.set("IMPORT_FOLDERS", incoming.to_str().unwrap());
    let logo = home.file("logo.png");
    let drawn = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1"])
        .arg(&logo)
        .status();
    assert!(drawn.unwrap().success());
    home.set("WATERMARK_PATH", logo.to_str().unwrap());
    let server = home.serve().await;
    let producer = Producer::of(&home).await;
    let data = |path: &str| {
        json!({ "videoId": path, "inputPath": incoming.join(path), "userId": "user-456",
            "options": { "formats": ["hls", "mp4"], "watermark": true, "thumbnails": true } })
    };
    producer.add("allowed", "process-video", &data("video.mp4")).await;
    let video = video_of(&server.client, &producer.ended("allowed").await).await;
    assert_eq!(video["status"], "ready");

    for outside in ["../log", "link.mp4", "missing.mp4", "."] {
        producer.add(outside, "process-video", &data(outside)).await;
        let failure = producer.ended(outside).await.failure.unwrap();
        assert_eq!(failure.code, "invalid_payload", "{outside}");
        assert!(failure.message.contains("inputPath"), "{}", failure.message);
    }
}

#[tokio::test]
async fn data_that_cannot_be_used_are_refused_with_the_name_of_the_field() {
    let mut home = home();
    let _server = home.serve().await;
    let producer = Producer::of(&home).await;
    for (id, data, field) in [
        ("no-object", json!("a text"), "data must be an object"),
        ("no-id", json!({ "videoUrl": "https://media.example/a.mp4" }), "videoId or contentId"),
        (
            "no-quality",
            json!({ "videoId": "a", "videoUrl": "https://media.example/a.mp4", "qualities": ["8K"] }),
            "qualities",
        ),
        ("private", json!({ "videoId": "b", "videoUrl": "http://127.0.0.1:1/a.mp4" }), "videoUrl"),
    ] {
        producer.add(id, "process-video", &data).await;
        let job = producer.ended(id).await;
        let failure = job.failure.unwrap();
        assert!(failure.message.contains(field), "{id}: {failure:?}");
        assert_eq!((job.state, job.attempts_made), (JobState::Failed, 1), "{id} is not tried again");
    }
}
