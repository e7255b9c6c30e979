//! The commands.

use std::io::{BufRead as _, BufReader};
use std::process::Command;

use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use telecine_db::Db;
use telecine_tests::child::OwnedChild;
use telecine_tests::media;

use crate::home;

struct Output {
    success: bool,
    stdout: String,
    stderr: String,
}

fn run(command: &mut Command) -> Output {
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let output = command.output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Output { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn the_demo_sends_a_file_through_and_writes_what_it_measured() {
    let home = home();
    let clip = media::file("avsync_flash_beep_12s.mp4");
    let json = home.file("out.json");
    // A proxy does not lead to this machine, and a proxy in front of it need not be there yet.
    let demo = run(home
        .command(&["demo", "--exit", "--json", json.to_str().unwrap(), clip.to_str().unwrap()])
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("PUBLIC_URL", "http://127.0.0.1:1"));
    assert!(demo.success, "{}{}", demo.stdout, demo.stderr);
    assert!(demo.stdout.contains("/sign-in?code="), "{}", demo.stdout);
    let measured: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    for figure in ["upload_s", "playable_s", "ready_s"] {
        assert!(measured[figure].as_f64().is_some_and(|seconds| seconds > 0.0), "{measured}");
    }
    assert_eq!(measured["renditions"], serde_json::json!(["360p"]));
    for address in ["hls", "dash", "manifest", "mp4", "poster", "thumbnails"] {
        assert!(
            measured["playback"][address]
                .as_str()
                .is_some_and(|address| address.starts_with("http://127.0.0.1:"))
        );
    }
    let tokens = run(&mut home.command(&["token", "list"]));
    assert!(!tokens.stdout.contains("demo"), "the demo's token is gone: {}", tokens.stdout);
}

#[tokio::test]
async fn the_demo_runs_beside_a_server_on_the_same_data_folder() {
    let mut home = home();
    let server = home.serve().await;
    let demo = run(&mut home.command(&["demo", "--exit", media::file("one_frame.mp4").to_str().unwrap()]));
    assert!(demo.success, "{}{}", demo.stdout, demo.stderr);
    assert!(demo.stdout.contains("temporary"), "{}", demo.stdout);
    assert_eq!(
        server.client.get("videos").await.expect(reqwest::StatusCode::OK)["items"],
        serde_json::json!([])
    );
}

#[test]
fn the_demo_says_why_a_file_cannot_become_a_video() {
    let home = home();
    for (name, code) in [("truncated_no_moov.mp4", "video_truncated"), ("zero_bytes.mp4", "empty_file")] {
        let demo = run(&mut home.command(&["demo", "--exit", media::file(name).to_str().unwrap()]));
        assert!(!demo.success);
        assert!(format!("{}{}", demo.stdout, demo.stderr).contains(code), "{}{}", demo.stdout, demo.stderr);
    }
    let missing = run(&mut home.command(&["demo", "--exit", "/nowhere.mp4"]));
    assert!(!missing.success && missing.stderr.contains("/nowhere.mp4"), "{}", missing.stderr);
}

#[test]
fn config_shows_every_value_with_its_origin_and_hides_secrets() {
    let home = home();
    std::fs::write(home.file("telecine.toml"), "[video]\ncrf = 20\n").unwrap();
    let shown = run(home
        .command(&["config", "--set", "log.level=debug"])
        .env("DATABASE_URL", "postgresql://u:hush@127.0.0.1/x"));
    assert!(shown.success, "{}", shown.stderr);
    let line =
        |name: &str| shown.stdout.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(
        line("video.crf").contains("20") && line("video.crf").contains("telecine.toml"),
        "{}",
        shown.stdout
    );
    assert!(line("log.level").contains("debug") && line("log.level").ends_with("flag"), "{}", shown.stdout);
    assert!(
        line("database.url").contains("***") && line("database.url").contains("DATABASE_URL"),
        "{}",
        shown.stdout
    );
    assert!(
        line("server.bind").contains("127.0.0.1") && line("server.bind").ends_with("default"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stdout.contains("hush"));
    let json: Value = serde_json::from_str(&run(&mut home.command(&["config", "--json"])).stdout).unwrap();
    assert!(json.as_array().unwrap().len() > 20);
}

#[test]
fn a_bad_setting_stops_the_start_with_a_sentence() {
    let home = home();
    for (args, words) in [
        (&["serve", "--set", "server.prot=1"][..], "server.prot"),
        (&["serve", "--set", "server.port=x"], "server.port"),
        (&["serve", "--set", "jobs.concurrency.video-processing=0"], "jobs.concurrency"),
        (&["serve", "--config", "/nowhere.toml"], "/nowhere.toml"),
        (&["serve", "--set", "video.preset=quick"], "video.preset"),
        (&["serve", "--set", "video.crf=99"], "video.crf"),
        (&["serve", "--set", "video.ffmpeg=./ffmpeg"], "video.ffmpeg"),
        (&["serve", "--set", "database.url=sqlite::memory:"], "DATABASE_URL"),
        (&["serve", "--set", "log.level=verbose"], "log.level"),
        (&["serve", "--set", "delivery.cdn_url=ftp://x"], "delivery.cdn_url"),
        (&["serve", "--set", "server.public_url=https://x/path"], "server.public_url"),
        (&["serve", "--set", "storage.bucket=A_b"], "storage.bucket"),
    ] {
        let refused = run(&mut home.command(args));
        assert!(!refused.success && refused.stderr.contains(words), "{args:?}: {}", refused.stderr);
        assert_eq!(refused.stderr.trim().lines().count(), 1, "one sentence: {}", refused.stderr);
    }
    assert!(!home.data_dir().exists(), "nothing was made");
}

#[test]
fn a_broken_setting_never_shows_a_secret() {
    let home = home();
    for url in [
        "postgresql://user:hush#x@127.0.0.1/db",
        "postgresql://user:hush@127.0.0.1:99999/db",
        "mysql://u:hush@h/d",
    ] {
        let refused = run(home.command(&["migrate"]).env("DATABASE_URL", url));
        assert!(!refused.success && !refused.stderr.contains("hush"), "{}", refused.stderr);
        assert!(refused.stderr.contains("DATABASE_URL"), "{}", refused.stderr);
    }
    let unreachable =
        run(home.command(&["doctor"]).env("DATABASE_URL", "postgresql://user:hush@127.0.0.1:1/db"));
    assert!(
        !unreachable.success && !format!("{}{}", unreachable.stdout, unreachable.stderr).contains("hush")
    );
    std::fs::write(home.file("telecine.toml"), "[storage]\nsecret_access_key = \"hush\nbucket = \"b\"\n")
        .unwrap();
    let refused = run(&mut home.command(&["config"]));
    assert!(!refused.success && !refused.stderr.contains("hush"), "{}", refused.stderr);
    assert!(refused.stderr.contains("line 2"), "it says where: {}", refused.stderr);
}

#[test]
fn programs_that_start_together_migrate_postgresql_once() {
    let Some(postgres) = telecine_tests::postgres::Postgres::start() else { return };
    migrate_together(&home(), &postgres.url());
}

#[test]
fn programs_that_start_together_migrate_sqlite_once() {
    for _ in 0..5 {
        let home = home();
        migrate_together(&home, &home.database_url());
    }
}

fn migrate_together(home: &telecine_tests::server::Home, database_url: &str) {
    let running: Vec<_> = (0..4)
        .map(|_| {
            let mut command = home.command(&["migrate"]);
            command
                .env("DATABASE_URL", database_url)
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let outputs: Vec<_> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let applied =
        outputs.iter().filter(|output| String::from_utf8_lossy(&output.stdout).contains("m0001")).count();
    assert_eq!(applied, 1);
}

#[tokio::test]
async fn a_program_waits_for_the_migrations_of_another() {
    let home = home();
    assert!(run(&mut home.command(&["migrate"])).success);
    let db = Db::connect(&home.database_url().into()).await.unwrap();
    let migrating = db.begin().await.unwrap();
    migrating.conn().execute_unprepared("DELETE FROM workers").await.unwrap();

    let mut command = home.command(&["migrate"]);
    let mut waiting = OwnedChild::spawn(command.stderr(std::process::Stdio::piped()));
    let said = BufReader::new(waiting.0.stderr.take().unwrap());
    let has_said = tokio::task::spawn_blocking(|| {
        said.lines().any(|line| line.unwrap().contains("another process changes the database"))
    });
    assert!(has_said.await.unwrap(), "SQLite's own patience ends after 10 s");
    migrating.commit().await.unwrap();
    assert!(waiting.0.wait().unwrap().success());
    db.close().await;
}

#[test]
fn a_migration_that_is_killed_half_way_can_be_run_again() {
    for after_ms in [5, 15, 25, 35, 45, 60] {
        let home = home();
        let child = OwnedChild::spawn(&mut home.command(&["migrate"]));
        std::thread::park_timeout(std::time::Duration::from_millis(after_ms));
        child.kill();
        let again = run(&mut home.command(&["migrate"]));
        assert!(again.success, "killed after {after_ms} ms: {}", again.stderr);
    }
}

#[tokio::test]
async fn what_a_server_writes_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let mut home = home();
    std::fs::create_dir(home.data_dir()).unwrap();
    std::fs::set_permissions(home.data_dir(), PermissionsExt::from_mode(0o755)).unwrap();
    let _server = home.serve().await;
    for entry in std::fs::read_dir(home.data_dir()).unwrap().flatten() {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", entry.path().display());
    }
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_does_not_keep_the_server_from_stopping() {
    use std::io::Write;
    let mut home = home();
    let server = home.serve().await;
    let address = server.client.origin().trim_start_matches("http://").to_owned();
    let mut slow = std::net::TcpStream::connect(address).unwrap();
    slow.write_all(b"GET /health HTTP/1.1\r\nHos").unwrap();
    let asked = std::time::Instant::now();
    assert!(server.stop().success());
    assert!(asked.elapsed() < std::time::Duration::from_secs(20), "{:?}", asked.elapsed());
}

#[test]
fn a_port_in_use_is_named_together_with_its_setting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let home = home();
    let refused = run(home.command(&["serve"]).env("PORT", taken.local_addr().unwrap().port().to_string()));
    assert!(!refused.success && refused.stderr.contains("PORT"), "{}", refused.stderr);
}

#[tokio::test]
async fn two_servers_never_share_a_data_folder() {
    let mut home = home();
    let _server = home.serve().await;
    let second = run(&mut home.command(&["serve"]));
    assert!(!second.success && second.stderr.contains("in use"), "{}", second.stderr);
}

#[tokio::test]
async fn doctor_finds_all_well_beside_a_running_server_and_alone() {
    let mut home = home();
    for is_running in [false, true] {
        let server = if is_running { Some(home.serve().await) } else { None };
        let doctor = run(&mut home.command(&["doctor"]));
        assert!(doctor.success, "{}{}", doctor.stdout, doctor.stderr);
        assert!(doctor.stdout.contains("libx264") && !doctor.stdout.contains("FAIL"), "{}", doctor.stdout);
        drop(server);
    }
}

#[test]
fn doctor_says_what_is_missing_and_what_to_do() {
    let home = home();
    let doctor = run(home.command(&["doctor", "--json"]).env("FFMPEG_PATH", "/nowhere/ffmpeg"));
    assert!(!doctor.success);
    let findings: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let ffmpeg = findings.as_array().unwrap().iter().find(|finding| finding["what"] == "ffmpeg").unwrap();
    assert_eq!(ffmpeg["ok"], false);
    assert!(ffmpeg["detail"].as_str().unwrap().contains("install ffmpeg"), "{ffmpeg}");
}

#[test]
fn doctor_looks_for_the_tools_where_jobs_do() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let tool = home.file("only-for-the-caller");
    std::fs::write(&tool, "#!/bin/sh\necho ffmpeg version 7").unwrap();
    std::fs::set_permissions(&tool, PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", home.file("").display());
    let doctor = run(home.command(&["doctor"]).env("PATH", path).env("FFPROBE_PATH", "only-for-the-caller"));
    assert!(!doctor.success && doctor.stdout.contains("FAIL  ffprobe"), "{}", doctor.stdout);
}

#[test]
fn migrate_runs_once_and_then_has_nothing_to_do() {
    let home = home();
    assert!(run(&mut home.command(&["migrate"])).stdout.contains("m0001_foundation"));
    assert!(run(&mut home.command(&["migrate"])).stdout.contains("up to date"));
}

#[tokio::test]
async fn tokens_made_and_revoked_beside_a_running_server_count_at_once() {
    let mut home = home();
    let server = home.serve().await;
    let token = run(&mut home.command(&["token", "create", "--name", "ci"])).stdout.trim().to_owned();
    let videos = format!("{}/api/v1/videos", server.client.origin());
    let get = || server.client.http.get(&videos).bearer_auth(&token).send();
    assert_eq!(get().await.unwrap().status(), 200);
    let listed = run(&mut home.command(&["token", "list"])).stdout;
    let hash = listed
        .lines()
        .find(|line| line.ends_with("ci"))
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    assert!(run(&mut home.command(&["token", "revoke", &hash])).success);
    assert_eq!(get().await.unwrap().status(), 401);
    assert!(!run(&mut home.command(&["token", "revoke", "0"])).success);
}

#[test]
fn help_is_worth_reading() {
    let home = home();
    let help = run(&mut home.command(&["--help"])).stdout;
    for word in
        ["serve", "demo", "doctor", "migrate", "config", "DATABASE_URL", "S3_ENDPOINT", "telecine.toml"]
    {
        assert!(help.contains(word), "{word}: {help}");
    }
}
