//! Captions that people give show up wherever the video plays, and go without leaving anything.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_db::Db;
use telecine_model::SystemClock;
use telecine_storage::embedded::Credentials;
use telecine_tests::client::{Client, resolve, text};
use telecine_tests::media;
use telecine_tests::server::Home;
use telecine_tests::storage::TestBucket;
use url::Url;

use crate::{home, homes};

const HELLO: &str = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello\n";
const BYE: &str = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nBye\n";
const CDN: &str = "https://cdn.example/media/";

/// What players find of the words: the lines of the master, the words behind its playlists, and the entries of the manifest.
async fn played(client: &Client, video: &Value) -> (Vec<String>, Vec<String>, Value) {
    let hls = text(&video["playback"]["hls"]);
    let master = client.fetch_text(hls).await;
    let lines: Vec<String> =
        master.lines().filter(|line| line.contains("TYPE=SUBTITLES")).map(str::to_owned).collect();
    let mut words = Vec::new();
    for line in &lines {
        let playlist = line.split("URI=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let playlist = client.fetch_text(&resolve(hls, playlist)).await;
        assert!(playlist.ends_with("#EXT-X-ENDLIST\n"), "{playlist}");
        let address = playlist.lines().find(|line| line.starts_with("http")).expect("a segment");
        words.push(client.fetch_text(address).await);
    }
    let manifest = client.fetch_text(text(&video["playback"]["manifest"])).await;
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let dash = client.fetch_text(text(&video["playback"]["dash"])).await;
    assert_eq!(dash.matches("mimeType=\"text/vtt\"").count(), lines.len(), "{dash}");
    let variants = master.matches("#EXT-X-STREAM-INF").count();
    let expected = if lines.is_empty() { 0 } else { variants };
    assert_eq!(master.matches("SUBTITLES=\"subtitles\"").count(), expected, "{master}");
    (lines, words, manifest["subtitles"].clone())
}

#[tokio::test]
async fn given_captions_play_at_once_and_go_without_leaving_anything() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let client = &server.client;
        let video_id = client.upload(&media::file("one_frame.mp4")).await;
        let video = client.finished(&video_id).await;
        let before = home.object_files();
        assert_eq!(played(client, &video).await, (vec![], vec![], json!([])));

        let captions = format!("videos/{video_id}/captions");
        client.put_text(&format!("{captions}/de?kind=captions"), HELLO).await.expect(StatusCode::CREATED);
        let (lines, words, manifest) = played(client, &video).await;
        assert!(lines[0].contains("NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO"), "{lines:?}");
        assert_eq!((words, &manifest[0]["kind"]), (vec![HELLO.to_owned()], &json!("captions")));
        assert_eq!(client.fetch_text(text(&manifest[0]["url"])).await, HELLO);

        client.put_text(&format!("{captions}/de"), BYE).await.expect(StatusCode::OK);
        client.put_text(&format!("{captions}/fr"), HELLO).await.expect(StatusCode::CREATED);
        let (lines, words, _) = played(client, &video).await;
        assert_eq!((lines.len(), words), (2, vec![BYE.to_owned(), HELLO.to_owned()]));

        for language in ["de", "fr"] {
            let taken = client.call(Method::DELETE, &format!("{captions}/{language}"), None).await;
            assert_eq!(taken.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(played(client, &video).await, (vec![], vec![], json!([])));
        // Who watches goes on with what was there when he began.
        assert_eq!(client.fetch_text(text(&manifest[0]["url"])).await, HELLO);
        settled(client).await;
        assert_eq!(home.reconcile(&[])["findings"], json!([]), "what is on its way out is in order");
        client.do_later_jobs("cleanup", "delete-captions").await;
        let is_as_before = async || {
            client.do_later_jobs("cleanup", "delete-captions").await;
            // The documents of the last revision stay.
            home.object_files() == before + 2 * 3
        };
        assert!(
            crate::eventually_async(is_as_before).await,
            "{} files, {before} before",
            home.object_files()
        );
        assert_eq!(home.reconcile(&[])["findings"], json!([]));
    }
}

/// Waits until no documents are being written any more.
async fn settled(client: &Client) {
    let is_settled = async || {
        let page = client.get("queues/captions/jobs?state=waiting").await.expect(StatusCode::OK);
        let active = client.get("queues/captions/jobs?state=active").await.expect(StatusCode::OK);
        [page, active].iter().all(|page| page["items"] == json!([]))
    };
    assert!(crate::eventually_async(is_settled).await, "all is published");
}

/// What storage has under an address of the CDN.
struct Behind<'a> {
    bucket: TestBucket,
    client: &'a Client,
}

impl<'a> Behind<'a> {
    fn of(home: &Home, client: &'a Client) -> Self {
        let endpoint = Url::parse(&format!("http://{}", home.storage_address())).unwrap();
        let credentials = Credentials::of_store(&home.data_dir().join("objects")).unwrap().unwrap();
        Self { bucket: TestBucket::new(&endpoint, &credentials, "telecine", Arc::new(SystemClock)), client }
    }

    async fn text(&self, address: &str) -> Option<String> {
        let key = address.strip_prefix(CDN).unwrap_or_else(|| panic!("{address} is on the CDN"));
        let bytes = self.bucket.store.get_bytes(key, 1_000_000).await.ok()?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    /// The video once its documents know this revision.
    async fn until_revision(&self, video_id: &str, revision: i64) -> Value {
        let name = format!("/master.r{revision}.m3u8");
        let has_it =
            |video: &Value| video["playback"]["hls"].as_str().is_some_and(|hls| hls.ends_with(&name));
        self.client.until(video_id, has_it).await
    }

    /// The words that the documents of the video lead to.
    async fn words(&self, video: &Value) -> Vec<String> {
        let hls = text(&video["playback"]["hls"]);
        let master = self.text(hls).await.expect("a master");
        let mut words = Vec::new();
        for line in master.lines().filter(|line| line.contains("TYPE=SUBTITLES")) {
            let playlist = line.split("URI=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let playlist = resolve(hls, playlist);
            let listed = self.text(&playlist).await.expect("a playlist");
            let address = listed.lines().find(|line| line.ends_with(".vtt")).expect("a segment");
            words.push(self.text(&resolve(&playlist, address)).await.expect("words"));
        }
        let address = text(&video["playback"]["manifest"]);
        let manifest: Value = serde_json::from_str(&self.text(address).await.expect("a manifest")).unwrap();
        let listed = manifest["subtitles"].as_array().unwrap();
        assert_eq!(listed.len(), words.len());
        for (entry, words) in listed.iter().zip(&words) {
            assert_eq!(self.text(&resolve(address, text(&entry["url"]))).await.as_ref(), Some(words));
        }
        let dash = self.text(text(&video["playback"]["dash"])).await.expect("a manifest");
        assert_eq!(dash.matches("mimeType=\"text/vtt\"").count(), words.len(), "{dash}");
        words
    }
}

#[tokio::test]
async fn behind_a_cdn_a_change_of_captions_has_documents_of_its_own() {
    for (mut home, _postgres) in homes() {
        home.set("CDN_URL", CDN);
        let server = home.serve().await;
        let client = &server.client;
        let behind = Behind::of(&home, client);
        // Given before there is anything to watch: the first documents do not know them.
        let bytes = std::fs::read(media::file("one_frame.mp4")).unwrap();
        let upload = client.open_upload("clip.mp4", bytes.len()).await.expect(StatusCode::CREATED);
        let video_id = text(&upload["video_id"]).to_owned();
        let captions = format!("videos/{video_id}/captions");
        client.put_text(&format!("{captions}/en"), HELLO).await.expect(StatusCode::CREATED);
        assert_eq!(client.put(&upload, bytes).await, StatusCode::OK);
        client
            .post(&format!("uploads/{}/complete", text(&upload["id"])), json!({}))
            .await
            .expect(StatusCode::ACCEPTED);
        assert_eq!(client.finished(&video_id).await["status"], "ready");
        let first = behind.until_revision(&video_id, 1).await;
        assert_eq!(behind.words(&first).await, [HELLO]);
        let plain = text(&first["playback"]["hls"]).replace(".r1.", ".");
        assert!(
            behind.text(&plain).await.is_some_and(|master| !master.contains("SUBTITLES")),
            "never changed"
        );

        client.put_text(&format!("{captions}/en"), BYE).await.expect(StatusCode::OK);
        let second = behind.until_revision(&video_id, 2).await;
        assert_eq!(behind.words(&second).await, [BYE]);
        assert_eq!(behind.words(&first).await, [HELLO], "who watches goes on with the documents that he has");
        let taken = client.call(Method::DELETE, &format!("{captions}/en"), None).await;
        assert_eq!(taken.status, StatusCode::NO_CONTENT);
        let third = behind.until_revision(&video_id, 3).await;
        assert_eq!(behind.words(&third).await, Vec::<String>::new());
        assert_eq!(home.reconcile(&[])["findings"], json!([]));

        assert_eq!(client.do_later_jobs("cleanup", "delete-captions").await, 5, "two files, three revisions");
        let gone = async || {
            let old = [&first, &second].map(|video| text(&video["playback"]["hls"]));
            behind.text(old[0]).await.is_none() && behind.text(old[1]).await.is_none()
        };
        assert!(crate::eventually_async(gone).await, "old documents are removed");
        assert!(crate::eventually_async(async || home.reconcile(&[])["findings"] == json!([])).await);
        let keys = behind.bucket.store.list("videos/").await.unwrap();
        let left: Vec<&str> =
            keys.iter().map(|it| it.key.as_str()).filter(|key| key.contains("captions/")).collect();
        assert!(
            crate::eventually_async(async || {
                let keys = behind.bucket.store.list("videos/").await.unwrap();
                keys.iter().all(|it| !it.key.contains("captions/"))
            })
            .await,
            "{left:?}"
        );
        assert_eq!(behind.words(&third).await, Vec::<String>::new(), "what viewers get is there");
    }
}

#[tokio::test]
async fn a_deleted_video_takes_its_captions_along() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("one_frame.mp4")).await;
    client.finished(&video_id).await;
    client.put_text(&format!("videos/{video_id}/captions/en"), HELLO).await.expect(StatusCode::CREATED);
    client.put_text(&format!("videos/{video_id}/captions/en"), BYE).await.expect(StatusCode::OK);
    let deleted = client.call(Method::DELETE, &format!("videos/{video_id}"), None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let captions = format!("videos/{video_id}/captions/en");
    client.get(&captions).await.expect_problem(404, "not_found");
    client.put_text(&captions, HELLO).await.expect_problem(404, "not_found");
    assert!(crate::eventually(|| home.object_files() == 0).await, "{} files are left", home.object_files());
    let db = Db::connect(&home.database_url().into()).await.unwrap();
    let is_empty = async || {
        use sea_orm::{ConnectionTrait, DbBackend, Statement};
        let count = "SELECT (SELECT COUNT(*) FROM captions) + (SELECT COUNT(*) FROM objects) AS n";
        let row = db.read().query_one_raw(Statement::from_string(DbBackend::Sqlite, count)).await;
        row.unwrap().unwrap().try_get::<i64>("", "n").unwrap() == 0
    };
    assert!(crate::eventually_async(is_empty).await, "rows are left");
    db.close().await;
    assert_eq!(home.reconcile(&[])["findings"], json!([]));
}

#[tokio::test]
async fn given_captions_take_the_place_of_the_file_s_own_and_these_come_back() {
    let Some(clip) = media::find("two_video_two_audio_subs_2997.mp4") else { return };
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&clip).await;
    let video = client.finished(&video_id).await;
    let captions = format!("videos/{video_id}/captions");
    let listed = client.get(&captions).await.expect(StatusCode::OK)["items"][0].clone();
    let named = ["language", "name", "origin", "default"].map(|field| listed[field].clone());
    assert_eq!(named, [json!("en"), json!("English"), json!("source"), json!(true)], "{listed}");
    let (lines, own, manifest) = played(client, &video).await;
    assert!(lines[0].contains("LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES"), "{lines:?}");
    assert!(own[0].contains("00:00:00.500 --> 00:00:02.000\nfirst line\n"), "{own:?}");
    assert_eq!((&manifest[0]["language"], &manifest[0]["default"]), (&json!("en"), &json!(true)));
    assert_eq!(client.get_text(&format!("{captions}/eng")).await, own[0]);
    let taken = client.call(Method::DELETE, &format!("{captions}/en"), None).await;
    taken.expect_problem(409, "captions_of_source");

    client.put_text(&format!("{captions}/en"), HELLO).await.expect(StatusCode::CREATED);
    let (lines, words, _) = played(client, &video).await;
    assert!(lines.len() == 1 && lines[0].contains("DEFAULT=YES"), "{lines:?}");
    assert_eq!(words, [HELLO]);
    let verified = home.command(&["verify", &video_id]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let taken = client.call(Method::DELETE, &format!("{captions}/en"), None).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT);
    assert_eq!(played(client, &video).await.1, own);
}
