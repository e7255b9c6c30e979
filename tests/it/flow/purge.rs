//! Deleting a video takes its copies out of the CDN, too, and only after its objects are gone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::{Method, StatusCode};
use telecine_tests::cloudflare::{self, TOKEN, ZONE};
use telecine_tests::media;
use telecine_tests::origin::{Origin, Reply};

use crate::home;

#[tokio::test]
async fn deleting_a_video_purges_every_copy_after_its_objects_are_gone_whatever_the_cdn_says_first() {
    let mut home = home();
    let objects = home.data_dir().join("objects/telecine/k");
    let (tries, left) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let seen = left.clone();
    let origin = Origin::start(move |request| {
        seen.lock().unwrap().push(records_in(&objects));
        let number = tries.fetch_add(1, Ordering::Relaxed);
        async move {
            match number {
                0 => Reply::new(429, "").header("retry-after", "1"),
                1 => Reply::ok("{").announcing(100),
                _ => cloudflare::answer(&request),
            }
        }
    })
    .await;
    home.set("CDN_URL", "https://cdn.example/media").set("CDN_PURGE", "cloudflare");
    home.set("CLOUDFLARE_ZONE_ID", ZONE)
        .set("CDN_PURGE_TOKEN", TOKEN)
        .set("CDN_PURGE_URL", origin.url.as_str());
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    let video = server.client.finished(&video_id).await;
    let poster = video["playback"]["poster"].as_str().unwrap().to_owned();
    assert!(poster.starts_with("https://cdn.example/media/videos/"), "{poster}");
    assert_eq!(origin.received().len(), 0, "nothing is purged before something is deleted");
    let path = format!("videos/{video_id}");
    assert_eq!(server.client.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert!(crate::eventually(|| origin.received().len() == 3).await, "{} requests", origin.received().len());
    let files = cloudflare::files(&origin.received()[2]);
    assert!(files.contains(&poster) && files.len() > 10, "{files:?}");
    assert!(files.iter().all(|file| file.starts_with("https://cdn.example/media/videos/")));
    assert_eq!(*left.lock().unwrap(), [0, 0, 0], "the CDN would have fetched them again");
    assert!(server.stop().success());
}

/// Files under a folder of the embedded storage.
fn records_in(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { records_in(&entry.path()) } else { 1 }).sum()
}
