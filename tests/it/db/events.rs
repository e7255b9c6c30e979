//! The table of events.

use telecine_db::events::{self, Position};
use telecine_db::{Db, videos};
use telecine_model::VideoId;
use telecine_tests::database;
use telecine_tests::on_both_databases;

on_both_databases!(
    an_event_tells_how_things_stand_when_its_transaction_commits,
    a_transaction_that_is_dropped_tells_nothing,
    old_events_go_and_whoever_has_seen_one_of_them_last_is_told,
);

async fn add_videos(db: &Db, count: usize) -> Vec<VideoId> {
    let ids: Vec<_> = (0..count).map(|_| VideoId::generate()).collect();
    let tx = db.begin().await.unwrap();
    for id in &ids {
        videos::insert_pending(&tx, *id, "a \"title\"", 1, 0).await.unwrap();
    }
    tx.commit().await.unwrap();
    ids
}

async fn an_event_tells_how_things_stand_when_its_transaction_commits(db: Db) {
    let id = add_videos(&db, 1).await[0];
    let tx = db.begin().await.unwrap();
    videos::mark_processing(&tx, id, "etag", 0).await.unwrap();
    videos::set_progress(&tx, id, 0.5, 0).await.unwrap();
    tx.commit().await.unwrap();
    let tx = db.begin().await.unwrap();
    videos::mark_deleted(&tx, id, 0).await.unwrap();
    tx.commit().await.unwrap();
    let page = events::after(db.read(), Position::default(), 10).await.unwrap();
    let data: Vec<serde_json::Value> =
        page.events.iter().map(|event| serde_json::from_str(&event.data).unwrap()).collect();
    let id = id.to_string();
    assert_eq!(
        data,
        [
            serde_json::json!({ "id": id, "status": "pending_upload", "title": "a \"title\"", "playable": false,
                "progress": 0.0, "failure": null }),
            serde_json::json!({ "id": id, "status": "processing", "title": "a \"title\"", "playable": false,
                "progress": 0.5, "failure": null }),
            serde_json::json!({ "id": id, "status": "deleted" }),
        ]
    );
    assert!(page.events.iter().all(|event| event.kind == "video" && event.subject == id && event.at > 0));
    assert!(page.events.is_sorted_by_key(|event| event.position));
    assert_eq!(events::newest(db.read()).await.unwrap(), page.events[2].position);
    let rest = events::after(db.read(), page.events[0].position, 10).await.unwrap();
    assert_eq!(rest.events, page.events[1..]);
}

async fn a_transaction_that_is_dropped_tells_nothing(db: Db) {
    let tx = db.begin().await.unwrap();
    videos::insert_pending(&tx, VideoId::generate(), "title", 1, 0).await.unwrap();
    drop(tx);
    let page = events::after(db.read(), Position::default(), 10).await.unwrap();
    assert!(page.events.is_empty() && !page.is_waiting, "{page:?}");
    assert_eq!(events::newest(db.read()).await.unwrap(), Position::default());
    assert!(events::is_kept(db.read(), Position::default()).await.unwrap());
}

async fn old_events_go_and_whoever_has_seen_one_of_them_last_is_told(db: Db) {
    add_videos(&db, 1).await;
    let first = events::newest(db.read()).await.unwrap();
    assert!(events::is_kept(db.read(), first).await.unwrap());
    for _ in 0..12 {
        add_videos(&db, 1000).await;
    }
    let kept = events::after(db.read(), Position::default(), 100_000).await.unwrap().events.len();
    assert!((10_000..11_000).contains(&kept), "{kept}");
    assert!(!events::is_kept(db.read(), first).await.unwrap());
    assert!(!events::is_kept(db.read(), Position::default()).await.unwrap(), "the first ones are lost");
    let newest = events::newest(db.read()).await.unwrap();
    assert!(events::is_kept(db.read(), newest).await.unwrap());
    assert!(events::after(db.read(), newest, 10).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_waited_for() {
    let Some(database) = database::postgresql().await else { return };
    let db = &database.db;
    let (early, late) = (VideoId::generate(), VideoId::generate());
    let begun_early = db.begin().await.unwrap();
    videos::insert_pending(&begun_early, early, "early", 1, 0).await.unwrap();
    let begun_late = db.begin().await.unwrap();
    videos::insert_pending(&begun_late, late, "late", 1, 0).await.unwrap();
    begun_late.commit().await.unwrap();
    let page = events::after(db.read(), Position::default(), 10).await.unwrap();
    assert!(page.events.is_empty() && page.is_waiting, "{page:?}");
    begun_early.commit().await.unwrap();
    let page = events::after(db.read(), Position::default(), 10).await.unwrap();
    let subjects: Vec<_> = page.events.into_iter().map(|event| event.subject).collect();
    assert_eq!(subjects, [early.to_string(), late.to_string()]);
}
