//! The metadata, on SQLite and PostgreSQL alike.

mod events;

use telecine_db::uploads::Upload;
use telecine_db::videos::{Details, Published, Selection};
use telecine_db::{Db, objects, settings, tokens, uploads, videos};
use telecine_model::{Failure, FailureCode, Scope, UploadId, UploadMode, UploadStatus, VideoId, VideoStatus};
use telecine_tests::on_both_databases;

on_both_databases!(
    migrating_twice_changes_nothing,
    a_newer_release_may_have_migrated_before,
    a_transaction_that_is_dropped_leaves_nothing,
    a_video_goes_from_upload_to_ready_and_only_forward,
    a_failed_video_keeps_its_code_and_sentence,
    videos_are_paged_newest_first,
    a_deleted_video_is_found_no_more,
    an_upload_is_stored_once,
    what_an_owner_has_open_is_counted,
    an_upload_of_unknown_size_counts_its_parts_and_bytes,
    an_idle_upload_expires_once_and_is_not_stored_any_more,
    the_ledger_keeps_the_last_line_of_an_object_until_it_is_struck_off,
    a_setting_keeps_its_first_value,
    tokens_are_known_by_their_hash,
    each_run_gets_a_generation_of_its_own,
    a_foreign_key_keeps_uploads_and_videos_together,
);

async fn migrating_twice_changes_nothing(db: Db) {
    assert_eq!(db.migrate().await.unwrap(), Vec::<String>::new());
    assert_eq!(db.pending_migrations().await.unwrap(), Vec::<String>::new());
}

async fn a_newer_release_may_have_migrated_before(db: Db) {
    use sea_orm::ConnectionTrait;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_newer', 0)";
    let tx = db.begin().await.unwrap();
    tx.conn().execute_unprepared(newer).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.migrate().await.unwrap(), Vec::<String>::new());
    assert_eq!(db.pending_migrations().await.unwrap(), Vec::<String>::new());
}

async fn a_transaction_that_is_dropped_leaves_nothing(db: Db) {
    let id = VideoId::generate();
    let tx = db.begin().await.unwrap();
    videos::insert_pending(&tx, id, "a clip", 1, 0).await.unwrap();
    drop(tx);
    assert!(videos::find(db.read(), id).await.unwrap().is_none());
    let tx = db.begin().await.unwrap();
    videos::insert_pending(&tx, id, "another clip", 1, 0).await.expect("the id is free again");
}

async fn a_video_goes_from_upload_to_ready_and_only_forward(db: Db) {
    let id = pending_video(&db).await;
    let tx = db.begin().await.unwrap();
    let published =
        Published { generation: 1, duration_s: 5.5, size: Some((1920, 1080)), outputs: "{}".into() };
    assert!(!videos::mark_ready(&tx, id, &published, 1).await.unwrap(), "not before it is processed");
    assert!(videos::mark_processing(&tx, id, "etag", 1).await.unwrap());
    assert!(!videos::mark_processing(&tx, id, "etag", 1).await.unwrap(), "only once");
    assert_eq!(videos::begin_generation(&tx, id).await.unwrap(), Some(1));
    assert!(videos::set_progress(&tx, id, 0.5, 2).await.unwrap());
    assert!(videos::mark_ready(&tx, id, &published, 3).await.unwrap());
    assert!(!videos::mark_failed(&tx, id, &FailureCode::Internal.into(), 4).await.unwrap(), "ready is final");
    assert!(!videos::set_progress(&tx, id, 0.1, 5).await.unwrap());
    tx.commit().await.unwrap();

    let video = videos::find(db.read(), id).await.unwrap().unwrap();
    assert_eq!((video.status, video.playable, video.progress), (VideoStatus::Ready, true, 1.0));
    assert_eq!((video.duration_s, video.width, video.height), (Some(5.5), Some(1920), Some(1080)));
    assert_eq!((video.published_generation, video.source_etag.as_deref()), (Some(1), Some("etag")));
    assert_eq!((video.created_at, video.updated_at), (0, 3));
}

async fn a_failed_video_keeps_its_code_and_sentence(db: Db) {
    let id = pending_video(&db).await;
    let failure = Failure::from(FailureCode::NotMedia);
    let tx = db.begin().await.unwrap();
    videos::mark_processing(&tx, id, "etag", 1).await.unwrap();
    assert!(videos::mark_failed(&tx, id, &failure, 2).await.unwrap());
    tx.commit().await.unwrap();
    let video = videos::find(db.read(), id).await.unwrap().unwrap();
    assert_eq!((video.status, video.failure), (VideoStatus::Failed, Some(failure)));
}

async fn videos_are_paged_newest_first(db: Db) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(pending_video(&db).await);
    }
    ids.reverse();
    let page = videos::page(db.read(), &Selection::default(), 3).await.unwrap();
    assert_eq!(page.iter().map(|video| video.id).collect::<Vec<_>>(), ids[..3]);
    let behind = Selection { after: Some(ids[2]), ..Selection::default() };
    let rest = videos::page(db.read(), &behind, 10).await.unwrap();
    assert_eq!(rest.iter().map(|video| video.id).collect::<Vec<_>>(), ids[3..]);
}

async fn a_deleted_video_is_found_no_more(db: Db) {
    let id = pending_video(&db).await;
    let tx = db.begin().await.unwrap();
    assert!(videos::mark_deleted(&tx, id, 1).await.unwrap());
    assert!(!videos::mark_deleted(&tx, id, 1).await.unwrap(), "only once");
    assert!(!videos::set_details(&tx, id, &Details::default(), 1).await.unwrap());
    tx.commit().await.unwrap();
    assert!(videos::find(db.read(), id).await.unwrap().is_none());
    assert!(videos::page(db.read(), &Selection::default(), 10).await.unwrap().is_empty());
}

async fn an_upload_is_stored_once(db: Db) {
    let upload = upload_of(pending_video(&db).await);
    let tx = db.begin().await.unwrap();
    uploads::insert(&tx, &upload).await.unwrap();
    assert!(uploads::extend(&tx, upload.id, 99).await.unwrap());
    assert!(!uploads::mark_expired(&tx, upload.id, 98).await.unwrap(), "its time has not come");
    assert!(uploads::mark_stored(&tx, upload.id).await.unwrap());
    assert!(!uploads::mark_stored(&tx, upload.id).await.unwrap());
    assert!(!uploads::mark_expired(&tx, upload.id, 99).await.unwrap());
    assert!(!uploads::extend(&tx, upload.id, 100).await.unwrap());
    tx.commit().await.unwrap();
    let found = uploads::find(db.read(), upload.id).await.unwrap().unwrap();
    assert_eq!((found.status, found.mode, found.size), (UploadStatus::Stored, upload.mode, upload.size));
    assert_eq!((found.expires_at, found.storage_upload_id.as_deref()), (99, Some("s3-id")));
    let by_video = uploads::find_by_video(db.read(), upload.video_id).await.unwrap().unwrap();
    assert_eq!(by_video.id, upload.id);
}

async fn an_idle_upload_expires_once_and_is_not_stored_any_more(db: Db) {
    let upload = upload_of(pending_video(&db).await);
    let tx = db.begin().await.unwrap();
    uploads::insert(&tx, &upload).await.unwrap();
    assert!(uploads::mark_expired(&tx, upload.id, upload.expires_at).await.unwrap());
    assert!(!uploads::mark_expired(&tx, upload.id, upload.expires_at).await.unwrap());
    assert!(!uploads::mark_stored(&tx, upload.id).await.unwrap());
}

async fn the_ledger_keeps_the_last_line_of_an_object_until_it_is_struck_off(db: Db) {
    let (one, other) = (VideoId::generate(), VideoId::generate());
    let line = |owner: VideoId, generation, name: &str, size| objects::Object {
        key: format!("videos/{owner}/{name}"),
        owner: owner.into(),
        generation,
        size,
        checksum: Some("ab".into()),
        created_at: 1,
    };
    let tx = db.begin().await.unwrap();
    for object in [
        line(one, 0, "source", 9),
        line(one, 1, "g1/B", 1),
        line(one, 1, "g1/a", 2),
        line(other, 1, "g1/a", 3),
    ] {
        objects::record(&tx, &object).await.unwrap();
    }
    objects::record(&tx, &line(one, 1, "g1/a", 4)).await.unwrap();
    tx.commit().await.unwrap();
    let of_one = objects::of_owner(db.read(), one).await.unwrap();
    assert_eq!(of_one.len(), 3);
    assert!(of_one.contains(&line(one, 1, "g1/a", 4)));
    let mut generations = objects::generations_of(db.read(), one).await.unwrap();
    generations.sort_unstable();
    assert_eq!(generations, [0, 1]);
    assert_eq!(objects::owners(db.read(), None, 1).await.unwrap(), [one.into()]);
    assert_eq!(objects::owners(db.read(), Some(one.into()), 9).await.unwrap(), [other.into()]);

    let tx = db.begin().await.unwrap();
    objects::strike_generation(&tx, one, 1).await.unwrap();
    objects::strike(&tx, &format!("videos/{other}/g1/a")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(objects::of_owner(db.read(), one).await.unwrap(), [line(one, 0, "source", 9)]);
    assert_eq!(objects::owners(db.read(), None, 9).await.unwrap(), [one.into()]);
    let tx = db.begin().await.unwrap();
    objects::strike_owner(&tx, one).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(objects::owners(db.read(), None, 9).await.unwrap(), []);
}

async fn what_an_owner_has_open_is_counted(db: Db) {
    let insert = async |owner: Option<&str>, size: u64, expires_at: i64| {
        let video = pending_video(&db).await;
        let upload = Upload { owner: owner.map(str::to_owned), size, expires_at, ..upload_of(video) };
        let tx = db.begin().await.unwrap();
        uploads::insert(&tx, &upload).await.unwrap();
        tx.commit().await.unwrap();
        upload
    };
    let open = async |owner: Option<&str>| {
        let tx = db.begin().await.unwrap();
        uploads::lock_owner(&tx, owner).await.unwrap();
        let open = uploads::open_of_owner(&tx, owner, 100).await.unwrap();
        (open.sessions, open.bytes)
    };
    assert_eq!(open(Some("a")).await, (0, 0));
    insert(Some("a"), 5_000_000_000_000, 200).await;
    let stored = insert(Some("a"), 6_000_000_000_000, 200).await;
    let deleted = insert(Some("a"), 7, 200).await;
    insert(Some("a"), 8, 100).await;
    insert(Some("b"), 9, 200).await;
    insert(None, 10, 200).await;
    assert_eq!(open(Some("a")).await, (3, 11_000_000_000_007), "those that have expired are left out");
    assert_eq!(open(None).await, (1, 10));
    let tx = db.begin().await.unwrap();
    uploads::mark_stored(&tx, stored.id).await.unwrap();
    videos::mark_deleted(&tx, deleted.video_id, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(open(Some("a")).await, (1, 5_000_000_000_000));
}

async fn an_upload_of_unknown_size_counts_its_parts_and_bytes(db: Db) {
    for mode in [UploadMode::Form, UploadMode::FreeParts] {
        let video = pending_video(&db).await;
        let upload = Upload { mode, size: 0, ..upload_of(video) };
        let tx = db.begin().await.unwrap();
        uploads::insert(&tx, &upload).await.unwrap();
        assert_eq!(uploads::extend_signed(&tx, upload.id, 7, 3).await.unwrap(), Some(3));
        assert_eq!(uploads::extend_signed(&tx, upload.id, 8, 100).await.unwrap(), Some(103));
        uploads::set_size(&tx, upload.id, 5_000_000_000_000).await.unwrap();
        videos::set_source_size(&tx, video, 5_000_000_000_000).await.unwrap();
        assert!(uploads::mark_stored(&tx, upload.id).await.unwrap());
        assert_eq!(uploads::extend_signed(&tx, upload.id, 9, 1).await.unwrap(), None, "it is complete");
        tx.commit().await.unwrap();
        let found = uploads::find(db.read(), upload.id).await.unwrap().unwrap();
        assert_eq!((found.mode, found.size, found.expires_at), (mode, 5_000_000_000_000, 8));
        let video = videos::find(db.read(), video).await.unwrap().unwrap();
        assert_eq!(video.source_size, 5_000_000_000_000);
    }
}

async fn a_setting_keeps_its_first_value(db: Db) {
    use secrecy::ExposeSecret;
    for value in ["first", "second"] {
        let tx = db.begin().await.unwrap();
        let stored = settings::insert_if_absent(&tx, "key", &value.to_owned().into()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(stored.expose_secret(), "first");
    }
}

async fn tokens_are_known_by_their_hash(db: Db) {
    let token = tokens::Token { hash: "abc".into(), name: "ci".into(), scope: Scope::Read, created_at: 7 };
    let tx = db.begin().await.unwrap();
    tokens::insert(&tx, token.clone()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tokens::find(db.read(), "abc").await.unwrap().map(|token| token.scope), Some(Scope::Read));
    assert!(tokens::find(db.read(), "abd").await.unwrap().is_none());
    assert_eq!(tokens::list(db.read()).await.unwrap(), [token]);
    let tx = db.begin().await.unwrap();
    assert!(tokens::delete(&tx, "abc").await.unwrap());
    assert!(!tokens::delete(&tx, "abc").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(tokens::list(db.read()).await.unwrap(), []);
}

async fn each_run_gets_a_generation_of_its_own(db: Db) {
    let id = pending_video(&db).await;
    let tx = db.begin().await.unwrap();
    assert_eq!(videos::begin_generation(&tx, id).await.unwrap(), None, "not before processing");
    videos::mark_processing(&tx, id, "etag", 1).await.unwrap();
    for expected in 1..=3 {
        assert_eq!(videos::begin_generation(&tx, id).await.unwrap(), Some(expected));
    }
    tx.commit().await.unwrap();
}

async fn a_foreign_key_keeps_uploads_and_videos_together(db: Db) {
    let upload = upload_of(VideoId::generate());
    let tx = db.begin().await.unwrap();
    assert!(uploads::insert(&tx, &upload).await.is_err(), "an upload needs its video");
    drop(tx);
    assert!(uploads::find(db.read(), upload.id).await.unwrap().is_none());
}

async fn pending_video(db: &Db) -> VideoId {
    let id = VideoId::generate();
    let tx = db.begin().await.unwrap();
    videos::insert_pending(&tx, id, "a clip", 1, 0).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn upload_of(video_id: VideoId) -> Upload {
    Upload {
        id: UploadId::generate(),
        video_id,
        status: UploadStatus::Open,
        filename: "clip.mp4".into(),
        content_type: "video/mp4".into(),
        size: 125_000_000,
        mode: UploadMode::for_size(125_000_000),
        storage_upload_id: Some("s3-id".into()),
        created_at: 1,
        expires_at: 2,
        sha256: None,
        owner: None,
    }
}
