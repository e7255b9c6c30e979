//! A long film is encoded by every worker that has nothing else to do.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_db::{Db, jobs};
use telecine_model::{Clock as _, SystemClock};
use telecine_tests::client::{Client, text};
use telecine_tests::media;
use telecine_tests::postgres::Postgres;
use telecine_tests::redis::Redis;
use telecine_tests::server::{Home, Server, Worker};

use crate::{eventually, eventually_async, home};

/// 30 s become two chunks of two segments, and one of four.
const SPLIT: [&str; 2] = ["--set", "video.split_seconds=8"];

/// Waits with every chunk until it is let go.
const PATIENT_WITH_CHUNKS: &str = "#!/bin/sh\ncase \"$*\" in *trim=start_pts*) while [ ! -e HERE/go ]; do sleep 0.02; done;; esac\nexec ffmpeg \"$@\"\n";

/// Cannot make the second chunk.
const CLUMSY: &str = "#!/bin/sh\ncase \"$*\" in *start_pts=192:end*) echo 'out of ink' >&2; exit 1;; esac\nexec ffmpeg \"$@\"\n";

fn film(home: &Home) -> PathBuf {
    media::film(home.folder(), "smptebars")
}

/// Several machines share a PostgreSQL; `None`, with the reason printed, where there is none.
fn home_on_postgres() -> Option<(Home, Postgres)> {
    let postgres = Postgres::start()?;
    let mut home = home();
    home.set("DATABASE_URL", &postgres.url());
    Some((home, postgres))
}

/// A server with workers, and another worker that has nothing to do.
async fn two_machines(home: &mut Home, postgres: &Postgres) -> (Server, Worker) {
    with_places(home, postgres, 1).await
}

/// The same, where the other worker has so many places.
async fn with_places(home: &mut Home, postgres: &Postgres, places: usize) -> (Server, Worker) {
    let server = home.serve_with(&SPLIT).await;
    let concurrency = format!("video-encoding={places}");
    let worker = home.work(&[&SPLIT[..], &["--concurrency", &concurrency]].concat()).await;
    let db = Db::connect(&postgres.url().into()).await.unwrap();
    let idle =
        async || jobs::idle_elsewhere(db.read(), "video-encoding", "", SystemClock.now_ms()).await.unwrap();
    assert!(eventually_async(async || idle().await == 1 + places).await, "{}", idle().await);
    db.close().await;
    (server, worker)
}

async fn job(client: &Client, id: &str) -> Value {
    client.get(&format!("jobs/{id}")).await.expect(StatusCode::OK)
}

/// Until both machines have a chunk in their hands.
async fn until_both_encode(client: &Client) {
    until_at_work(client, 2).await;
}

/// Until so many of the three chunks are being made.
async fn until_at_work(client: &Client, active: usize) {
    let queue = async || client.get("queues/video-encoding").await.expect(StatusCode::OK);
    let is_so = async || {
        let queue = queue().await;
        (&queue["active"], &queue["waiting"]) == (&json!(active), &json!(3 - active))
    };
    assert!(eventually_async(is_so).await, "{}", queue().await);
}

/// The workers that have made the chunks of a film.
async fn makers(client: &Client, video_id: &str) -> BTreeSet<String> {
    let mut makers = BTreeSet::new();
    for from in [0, 2, 4] {
        let chunk = job(client, &format!("encode-chunk-{video_id}-1-{from}")).await;
        assert_eq!(chunk["state"], "completed", "{chunk}");
        makers.insert(text(&chunk["worker"]).to_owned());
    }
    makers
}

/// The film is whole, and nothing is left beside it.
async fn check_film(home: &Home, client: &Client, video_id: &str) {
    let video = client.finished(video_id).await;
    assert_eq!((&video["status"], &video["progress"]), (&json!("ready"), &json!(1.0)), "{video}");
    let manifest = client.fetch_text(text(&video["playback"]["manifest"])).await;
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let rungs = manifest["video"].as_array().unwrap();
    assert_eq!(rungs.len(), 2);
    for rung in rungs {
        let segments = rung["segments"].as_array().unwrap();
        let starts = segments.iter().map(|segment| segment["start"].as_f64().unwrap());
        assert_eq!(starts.collect::<Vec<_>>(), [0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0], "{rung}");
        let frames: u64 = segments.iter().map(|segment| segment["samples"].as_u64().unwrap()).sum();
        assert_eq!(frames, 720, "30 s of 24 frames");
    }
    assert_eq!(manifest["thumbnails"]["images"].as_array().unwrap().len(), 8);
    super::clients::check_boxes(client, text(&video["playback"]["hls"])).await;
    let verified = home.command(&["verify", video_id]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    client.do_later_jobs("cleanup", "delete-outputs").await;
    assert!(eventually(|| home.reconcile(&[])["findings"] == json!([])).await, "{}", home.reconcile(&[]));
    assert!(eventually(|| home.scratch_files() == 0).await, "sources are left for nobody");
}

#[tokio::test]
async fn a_long_film_is_encoded_by_all_workers_that_are_idle() {
    let Some((mut home, postgres)) = home_on_postgres() else { return };
    encoded_by_two(&mut home, &postgres).await;
}

#[tokio::test]
async fn a_long_film_is_encoded_by_all_idle_workers_that_redis_hands_jobs_to() {
    let Some(redis) = Redis::start() else { return };
    let Some((mut home, postgres)) = home_on_postgres() else { return };
    home.set("REDIS_URL", &redis.url());
    encoded_by_two(&mut home, &postgres).await;
}

async fn encoded_by_two(home: &mut Home, postgres: &Postgres) {
    home.use_encoder(PATIENT_WITH_CHUNKS);
    let (server, worker) = two_machines(home, postgres).await;
    let client = &server.client;
    let video_id = client.upload(&film(home)).await;
    until_both_encode(client).await;
    let video = client.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK);
    assert_eq!((&video["playable"], &video["playback"]["renditions"]), (&json!(true), &json!(["360p"])));
    assert_eq!(job(client, &format!("encode-video-{video_id}-1")).await["state"], "waiting-children");
    home.let_go();
    check_film(home, client, &video_id).await;
    assert_eq!(makers(client, &video_id).await.len(), 2, "both have helped");
    assert!(worker.stop().success());
}

#[tokio::test]
async fn one_process_may_make_several_chunks_of_a_film_at_the_same_time() {
    let Some((mut home, postgres)) = home_on_postgres() else { return };
    home.use_encoder(PATIENT_WITH_CHUNKS);
    let (server, _worker) = with_places(&mut home, &postgres, 2).await;
    let client = &server.client;
    let video_id = client.upload(&film(&home)).await;
    until_at_work(client, 3).await;
    home.let_go();
    check_film(&home, client, &video_id).await;
    makers(client, &video_id).await;
}

#[tokio::test]
async fn a_machine_that_dies_with_a_chunk_is_replaced_by_the_others() {
    let Some((mut home, postgres)) = home_on_postgres() else { return };
    home.use_encoder(PATIENT_WITH_CHUNKS);
    let (server, worker) = two_machines(&mut home, &postgres).await;
    let client = &server.client;
    let video_id = client.upload(&film(&home)).await;
    until_both_encode(client).await;
    let dead = worker.name.clone();
    worker.kill();
    home.let_go();
    assert_eq!(client.finished(&video_id).await["status"], "ready");
    assert!(!makers(client, &video_id).await.contains(&dead));
}

#[tokio::test]
async fn what_a_chunk_cannot_make_is_made_by_the_job_that_waits_for_it() {
    let Some((mut home, postgres)) = home_on_postgres() else { return };
    home.set("MAX_RETRIES", "0");
    home.use_encoder(CLUMSY);
    let (server, _worker) = two_machines(&mut home, &postgres).await;
    let client = &server.client;
    let video_id = client.upload(&film(&home)).await;
    check_film(&home, client, &video_id).await;
    let chunk = job(client, &format!("encode-chunk-{video_id}-1-2")).await;
    assert_eq!(chunk["state"], "failed");
    assert!(text(&chunk["failure"]["detail"]).contains("out of ink"), "{chunk}");
}

#[tokio::test]
async fn a_film_that_is_cancelled_is_cancelled_with_its_chunks() {
    let Some((mut home, postgres)) = home_on_postgres() else { return };
    home.use_encoder(PATIENT_WITH_CHUNKS);
    let (server, _worker) = two_machines(&mut home, &postgres).await;
    let client = &server.client;
    let video_id = client.upload(&film(&home)).await;
    until_both_encode(client).await;
    let cancel = format!("jobs/process-video-{video_id}/cancel");
    client.post(&cancel, json!({})).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(client.finished(&video_id).await["failure"]["code"], "cancelled");
    let queue = async || client.get("queues/video-encoding").await.expect(StatusCode::OK);
    let is_idle = async || {
        let queue = queue().await;
        (&queue["active"], &queue["waiting"]) == (&json!(0), &json!(0))
    };
    assert!(eventually_async(is_idle).await, "nobody lets them go: {}", queue().await);
    client.do_later_jobs("cleanup", "delete-outputs").await;
    assert!(eventually(|| home.reconcile(&[])["findings"] == json!([])).await, "{}", home.reconcile(&[]));
}

#[tokio::test]
async fn a_worker_that_is_alone_makes_a_long_film_in_one_piece() {
    let Some((mut home, _postgres)) = home_on_postgres() else { return };
    let two_places = ["--set", "jobs.concurrency.video-encoding=2"];
    let server = home.serve_with(&[SPLIT, two_places].concat()).await;
    let video_id = server.client.upload(&film(&home)).await;
    assert_eq!(server.client.finished(&video_id).await["status"], "ready");
    let film = job(&server.client, &format!("encode-video-{video_id}-1")).await;
    assert_eq!((&film["state"], &film["children"]), (&json!("completed"), &json!([])), "{film}");
}
