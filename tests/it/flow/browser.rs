//! The pages in a real browser: the tests in `tests/e2e`, against a real server.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use telecine_tests::child::owned;
use telecine_tests::media;
use telecine_tests::origin::{Origin, Received, Reply};
use telecine_tests::postgres::free_port;
use telecine_tests::server::{Home, Server};

use crate::home;

#[tokio::test]
async fn a_person_uploads_a_file_on_the_page_and_watches_it() {
    run_in_browser("watch.test.mjs", "CLIP", &media::file("bbb_1080p24_5s_aac51.mp4")).await;
}

#[tokio::test]
async fn a_person_describes_a_video_and_finds_it_again() {
    run_in_browser("details.test.mjs", "CLIP", &media::file("one_frame.mp4")).await;
}

#[tokio::test]
async fn a_person_uses_every_control_of_the_player() {
    let folder = tempfile::tempdir().unwrap();
    run_in_browser("player.test.mjs", "CLIP", &media::film(folder.path(), "testsrc2")).await;
}

#[tokio::test]
async fn a_video_plays_where_media_sources_are_managed_and_where_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    run_in_browser("sources.test.mjs", "CLIP", &media::film(folder.path(), "testsrc2")).await;
}

#[tokio::test]
async fn every_page_can_be_read_by_everybody() {
    let home = home();
    let broken = home.file("broken.mp4");
    std::fs::write(&broken, "no film at all").unwrap();
    let clip = media::file("one_frame.mp4");
    run_in_browser_of(home, "pages.test.mjs", &[("CLIP", &clip), ("BROKEN_CLIP", &broken)]).await;
}

#[tokio::test]
async fn a_video_follows_the_speed_of_the_line() {
    let folder = tempfile::tempdir().unwrap();
    run_in_browser("rates.test.mjs", "CLIP", &media::noisy_film(folder.path(), "854x480", 30)).await;
}

#[tokio::test]
async fn a_video_plays_on_a_page_of_another_site() {
    run_in_browser("embed.test.mjs", "CLIP", &media::file("bbb_1080p24_5s_aac51.mp4")).await;
}

#[tokio::test]
async fn a_person_chooses_captions_and_reads_them() {
    run_in_browser("captions.test.mjs", "CLIP", &media::file("avsync_flash_beep_12s.mp4")).await;
}

#[tokio::test]
async fn the_pages_say_what_is_wrong_and_go_on_when_they_can() {
    run_in_browser("trouble.test.mjs", "CLIP", &media::file("bbb_1080p24_5s_aac51.mp4")).await;
}

#[tokio::test]
async fn a_person_finds_out_why_a_job_failed_and_runs_it_again() {
    let (clip, broken) = (media::file("one_frame.mp4"), media::file("truncated_no_moov.mp4"));
    run_in_browser_of(home(), "queues.test.mjs", &[("CLIP", &clip), ("BROKEN_CLIP", &broken)]).await;
}

#[tokio::test]
async fn a_person_looks_after_a_library_and_its_jobs() {
    let (clip, broken) = (media::file("bbb_1080p24_5s_aac51.mp4"), media::file("truncated_no_moov.mp4"));
    run_in_browser_of(home(), "library.test.mjs", &[("CLIP", &clip), ("BROKEN_CLIP", &broken)]).await;
}

#[tokio::test]
async fn a_person_uploads_pictures_and_hands_on_their_addresses() {
    run_in_browser_of(home(), "images.test.mjs", &[]).await;
}

#[tokio::test]
async fn a_person_imports_the_episodes_of_a_movie_and_sees_them_arrive() {
    if !can_run() {
        return;
    }
    let (mut home, port) = home_with_site();
    let clip = media::file("one_frame.mp4");
    let server = home.serve().await;
    run(&home, &server, "movies.test.mjs", &[("SITE_PORT", port.as_ref()), ("CLIP", clip.as_os_str())]).await;
}

#[tokio::test]
async fn a_person_caches_files_of_other_servers_and_cleans_up() {
    if !can_run() {
        return;
    }
    let (mut home, port) = home_with_site();
    let signs = home.signs();
    let server = home.serve().await;
    let visit = Visit::of(&home, &server);
    let variables = [("SITE_PORT", port.as_ref()), ("SIGNS", signs.as_os_str())];
    let ageing = async {
        // The page may take its time.
        while !crate::eventually(|| signs.join("age").exists()).await {}
        age_cache(&home).await;
        std::fs::write(signs.join("aged"), "").unwrap();
        std::future::pending::<()>().await;
    };
    // A visit that has failed leaves no signs.
    let outcome = tokio::select! {
        outcome = visit.run("cache.test.mjs", &variables) => outcome,
        () = ageing => Ok(()),
    };
    assert!(outcome.is_ok(), "{}\n{}", outcome.err().unwrap_or_default(), home.log());
}

/// A home whose servers may fetch from one port of this machine, where a test serves files.
fn home_with_site() -> (Home, String) {
    let (mut home, port) = (home(), free_port().to_string());
    home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &format!("127.0.0.1:{port}"));
    (home, port)
}

/// Makes everything in the media cache look as if it was last asked for thirty days ago.
async fn age_cache(home: &Home) {
    use sea_orm::ConnectionTrait as _;
    let db = telecine_db::Db::connect(&home.database_url().into()).await.unwrap();
    let tx = db.begin().await.unwrap();
    let long_ago = "UPDATE cache_assets SET used_at = used_at - 2592000000";
    tx.conn().execute_unprepared(long_ago).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_large_file_goes_up_from_the_page_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    run_in_browser("multipart.test.mjs", "BIG_CLIP", &big_clip(folder.path())).await;
}

/// Besides what is uploaded there is something elsewhere on the web, which this server may fetch although it is here.
#[tokio::test]
async fn an_upload_survives_a_pause_a_lost_line_and_a_reload() {
    if !can_run() {
        return;
    }
    let mut home = home();
    let (clip, origin) = (big_clip(home.folder()), elsewhere(&home).await);
    home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
    let server = home.serve().await;
    let variables = [("BIG_CLIP", clip.as_os_str()), ("ELSEWHERE", origin.url.as_str().as_ref())];
    run(&home, &server, "uploads.test.mjs", &variables).await;
}

#[tokio::test]
async fn an_upload_survives_the_death_of_its_server() {
    if !can_run() {
        return;
    }
    let mut home = home();
    // The page knows the server by its address.
    home.set("PORT", &free_port().to_string());
    home.set("TELECINE_STORAGE_LISTEN", &format!("127.0.0.1:{}", free_port()));
    let (clip, signs) = (big_clip(home.folder()), home.signs());
    let server = home.serve().await;
    let visit = Visit::of(&home, &server);
    let variables = [("BIG_CLIP", clip.as_os_str()), ("SIGNS", signs.as_os_str())];
    let is_given = |sign: &str| signs.join(sign).exists();
    let fate = async {
        assert!(crate::eventually(|| is_given("kill")).await);
        server.kill();
        std::fs::write(signs.join("killed"), "").unwrap();
        assert!(crate::eventually(|| is_given("start")).await);
        let _server = home.serve().await;
        std::future::pending::<()>().await;
    };
    // A visit that has failed leaves no signs.
    let outcome = tokio::select! {
        outcome = visit.run("killed.test.mjs", &variables) => outcome,
        () = fate => Ok(()),
    };
    assert!(outcome.is_ok(), "{}\n{}", outcome.err().unwrap_or_default(), home.log());
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing_in_storage() {
    if !can_run() {
        return;
    }
    let mut home = home();
    let clip = big_clip(home.folder());
    let server = home.serve().await;
    run(&home, &server, "cancelled.test.mjs", &[("BIG_CLIP", clip.as_os_str())]).await;
    assert!(crate::eventually(|| home.object_files() == 0).await, "the parts are removed");
    assert_eq!(home.reconcile(&[])["findings"], serde_json::json!([]));
}

#[tokio::test]
async fn an_upload_goes_on_in_a_browser_that_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    run_in_browser("closed.test.mjs", "BIG_CLIP", &big_clip(folder.path())).await;
}

#[tokio::test]
async fn an_upload_goes_on_without_looking_for_its_file_again() {
    let folder = tempfile::tempdir().unwrap();
    run_in_browser("handles.test.mjs", "BIG_CLIP", &big_clip(folder.path())).await;
}

/// Addresses of parts live for ten seconds on this server, and so do uploads at rest.
#[tokio::test]
async fn an_upload_survives_the_sleep_of_its_machine() {
    let home = home();
    let clip = big_clip(home.folder());
    std::fs::write(home.file("telecine.toml"), "[uploads]\nidle_seconds = 10\n").unwrap();
    run_in_browser_of(home, "asleep.test.mjs", &[("BIG_CLIP", &clip)]).await;
}

#[tokio::test]
async fn people_without_access_upload_on_a_page_of_another_site() {
    run_in_browser("uploader.test.mjs", "CLIP", &media::file("bbb_1080p24_5s_aac51.mp4")).await;
}

#[tokio::test]
async fn uppy_brings_a_small_file_as_a_form() {
    run_in_browser("uppy.test.mjs", "CLIP", &media::file("one_frame.mp4")).await;
}

#[tokio::test]
async fn uppy_brings_a_large_file_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    run_in_browser("uppy.test.mjs", "BIG_CLIP", &big_clip(folder.path())).await;
}

/// Another site: what ends in `.jpg` is a photo there, and everything else a film.
async fn elsewhere(home: &Home) -> Origin {
    let photo = home.file("photo.jpg");
    media::picture(&photo, "1920x1080");
    let read = |file: &Path| bytes::Bytes::from(std::fs::read(file).unwrap());
    let (photo, film) = (read(&photo), read(&media::file("one_frame.mp4")));
    Origin::start(move |request: Received| {
        let body = if request.path.ends_with(".jpg") { photo.clone() } else { film.clone() };
        std::future::ready(Reply::ok(body))
    })
    .await
}

/// A video of 120 MB, most of it a free box.
fn big_clip(folder: &Path) -> PathBuf {
    let big = folder.join("big.mp4");
    std::fs::copy(media::file("one_frame.mp4"), &big).unwrap();
    let file = std::fs::File::options().append(true).open(&big).unwrap();
    let size = file.metadata().unwrap().len();
    std::io::Write::write_all(
        &mut &file,
        &[&(120_000_000 - u32::try_from(size).unwrap()).to_be_bytes()[..], b"free"].concat(),
    )
    .unwrap();
    file.set_len(120_000_000).unwrap();
    big
}

/// The encoder of this server makes what comes first; then it waits for the page before it makes the ladder, which is what takes
/// thumbnails, or fails if that is what the page wants.
#[tokio::test]
async fn a_person_watches_a_video_while_it_is_made() {
    let mut home = home();
    home.set("MAX_RETRIES", "1");
    home.use_encoder(
        "#!/bin/sh\ncase \"$*\" in *thumb_*) while [ ! -e HERE/go ]; do\n\
         [ -e HERE/full ] && { echo 'No space left on device' >&2; exit 1; }\n\
         sleep 0.02; done;; esac\nexec ffmpeg \"$@\"\n",
    );
    let clip = home.file("clip.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=640x360:r=24:d=40",
            "-f",
            "lavfi",
            "-i",
            "sine=d=40",
        ])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "48", "-bf", "0"])
        .arg(&clip)
        .status();
    assert!(made.expect("ffmpeg runs").success());
    let (encoders, phone) = (home.signs(), media::file("rotated90_portrait_phone.mp4"));
    let paths = [("CLIP", clip.as_path()), ("PHONE_CLIP", &phone), ("ENCODERS", &encoders)];
    run_in_browser_of(home, "growing.test.mjs", &paths).await;
}

async fn run_in_browser(test: &str, clip_name: &str, clip: &Path) {
    run_in_browser_of(home(), test, &[(clip_name, clip)]).await;
}

async fn run_in_browser_of(mut home: Home, test: &str, paths: &[(&str, &Path)]) {
    if !can_run() {
        return;
    }
    let server = home.serve().await;
    let variables: Vec<_> = paths.iter().map(|(name, path)| (*name, path.as_os_str())).collect();
    run(&home, &server, test, &variables).await;
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e")
}

/// Whether the tests in `tests/e2e` can run here; if not, the reason is printed.
pub(super) fn can_run() -> bool {
    let is_there = folder().join("node_modules/playwright-core").is_dir();
    // In CI scripts/test has installed it, so there its absence is a defect.
    assert!(is_there || !is_ci(), "tests/e2e/node_modules is missing; scripts/test installs it");
    if !is_there {
        println!("skipped: tests/e2e/node_modules is missing; scripts/test installs it");
    }
    is_there
}

/// Runs a test of `tests/e2e` with these variables against the server.
pub(super) async fn run(home: &Home, server: &Server, test: &str, variables: &[(&str, &OsStr)]) {
    let outcome = Visit::of(home, server).run(test, variables).await;
    assert!(outcome.is_ok(), "{}\n{}", outcome.err().unwrap_or_default(), home.log());
}

/// What a browser needs to know of a server.
struct Visit {
    origin: String,
    sign_in: String,
    /// For what programs put into somebody's home.
    folder: PathBuf,
}

impl Visit {
    fn of(home: &Home, server: &Server) -> Self {
        Self { origin: server.client.origin(), sign_in: server.page.to_string(), folder: home.file("home") }
    }

    /// Runs a test; if it fails, answers with what it has printed.
    async fn run(&self, test: &str, variables: &[(&str, &OsStr)]) -> Result<(), String> {
        let mut node = owned("node");
        node.args(["--test", "--test-reporter=spec", test]).current_dir(folder());
        node.env("BASE_URL", &self.origin)
            .env("SIGN_IN_URL", &self.sign_in)
            .env("HOME", &self.folder)
            .envs(variables.iter().copied());
        if let Some(screenshots) = screenshots() {
            node.env("SCREENSHOTS", screenshots);
        }
        node.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let run = tokio::task::spawn_blocking(move || node.output()).await.unwrap().expect("node starts");
        let output =
            format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        let has_run = !output.contains("pass 0") && output.contains("skipped 0");
        if run.status.success() && has_run { Ok(()) } else { Err(output) }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where to put pictures")]
fn screenshots() -> Option<String> {
    std::env::var("SCREENSHOTS").ok()
}

#[expect(clippy::disallowed_methods, reason = "CI must not skip")]
fn is_ci() -> bool {
    std::env::var("CI").is_ok()
}
