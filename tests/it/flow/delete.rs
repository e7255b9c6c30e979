//! Delete deletes.

use reqwest::{Method, StatusCode};
use telecine_db::Db;
use telecine_model::{Clock as _, SystemClock};
use telecine_tests::media;

use crate::home;

#[tokio::test]
async fn deleting_a_ready_video_leaves_no_object_and_no_row() {
    let mut home = home();
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    let video = server.client.finished(&video_id).await;
    assert!(home.object_files() > 10);
    let path = format!("videos/{video_id}");
    assert_eq!(server.client.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    server.client.get(&path).await.expect_problem(404, "not_found");
    server.client.call(Method::DELETE, &path, None).await.expect_problem(404, "not_found");
    let hls = video["playback"]["hls"].as_str().unwrap();
    assert_eq!(server.client.http.get(hls).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert!(crate::eventually(|| home.object_files() == 0).await, "{} files are left", home.object_files());
    expect_no_rows(&home.database_url()).await;
    assert!(server.stop().success());
}

#[tokio::test]
async fn deleting_a_video_while_it_is_processed_stops_the_work() {
    let mut home = home();
    home.set("FFMPEG_PRESET", "veryslow");
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    server.client.until(&video_id, |video| video["progress"].as_f64().unwrap() > 0.0).await;
    let path = format!("videos/{video_id}");
    assert_eq!(server.client.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert!(crate::eventually(|| home.object_files() == 0 && home.scratch_files() == 0).await);
    expect_no_rows(&home.database_url()).await;
}

/// No row of any table is left that has to do with a video.
async fn expect_no_rows(database_url: &str) {
    let db = Db::connect(&database_url.to_owned().into()).await.unwrap();
    let are_gone = crate::eventually_async(async || rows(&db).await == 0).await;
    assert!(are_gone, "{} rows are left", rows(&db).await);
    db.close().await;
}

async fn rows(db: &Db) -> i64 {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    // A job that waits for the last address of the upload to expire is meant to be left.
    let soon = SystemClock.now_ms() + 60_000;
    let count = format!(
        "SELECT (SELECT COUNT(*) FROM videos) + (SELECT COUNT(*) FROM uploads) + (SELECT COUNT(*) FROM jobs WHERE run_at < {soon}) + (SELECT COUNT(*) FROM objects) AS n"
    );
    let row =
        db.read().query_one_raw(Statement::from_string(DbBackend::Sqlite, count)).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}
