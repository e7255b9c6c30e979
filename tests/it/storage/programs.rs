//! Programs that people point at an S3 endpoint, as they come: boto3 and awscli, with their defaults.

use std::path::{Path, PathBuf};
use std::process::Command;

use secrecy::ExposeSecret as _;
use telecine_storage::embedded::Credentials;
use telecine_tests::child::owned;
use telecine_tests::storage::{RunningServer, TestBucket};
use tempfile::TempDir;

/// Where scripts/install puts them.
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/s3/bin");
const BOTO3_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/it/storage/s3_programs.py");

/// An endpoint, and a folder from which the programs use it.
struct Desk {
    server: RunningServer,
    bucket: TestBucket,
    folder: TempDir,
}

impl Desk {
    /// `None`, with the reason printed, where the programs are not installed; in CI that is a failure.
    async fn new() -> Option<Self> {
        if !Path::new(PROGRAMS).join("aws").exists() {
            let reason = format!("{PROGRAMS}/aws is not there (scripts/test installs it)");
            assert!(!telecine_tests::is_ci(), "{reason}");
            println!("skipped for boto3 and awscli: {reason}");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let server = RunningServer::start(&folder.path().join("store")).await;
        let bucket = server.bucket("media");
        bucket.store.ensure_bucket().await.unwrap();
        Some(Self { server, bucket, folder })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a program to its end and gives what it printed.
    async fn run(&self, program: &str, args: &[&str]) -> String {
        let mut command = owned(Path::new(PROGRAMS).join(program));
        command.args(args).current_dir(self.folder.path());
        set_environment(&mut command, &self.server.credentials, self.folder.path());
        let output = tokio::task::spawn_blocking(move || {
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).output()
        });
        let output = output.await.unwrap().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {}\n{printed}\n{complaints}", output.status);
        printed
    }

    async fn aws(&self, command: &str) -> String {
        let endpoint = self.server.endpoint.to_string();
        let args: Vec<&str> = ["--endpoint-url", &endpoint].into_iter().chain(command.split(' ')).collect();
        self.run("aws", &args).await
    }
}

fn set_environment(command: &mut Command, credentials: &Credentials, home: &Path) {
    command
        .env("AWS_ACCESS_KEY_ID", &credentials.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.expose_secret())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", home);
}

#[tokio::test]
async fn boto3_puts_gets_copies_lists_deletes_and_presigns() {
    let Some(desk) = Desk::new().await else { return };
    let folder = desk.folder.path().to_str().unwrap();
    let printed = desk.run("python", &[BOTO3_SCRIPT, desk.server.endpoint.as_str(), "media", folder]).await;
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 5, "{printed}");
    desk.server.stop().await;
}

#[tokio::test]
async fn awscli_copies_lists_syncs_and_removes() {
    let Some(desk) = Desk::new().await else { return };
    let body: Vec<u8> = (0..30 * 1024 * 1024_u32).map(|i| (i * 7 % 251) as u8).collect();
    std::fs::create_dir_all(desk.file("tree/sub")).unwrap();
    std::fs::write(desk.file("big"), &body).unwrap();
    std::fs::write(desk.file("tree/one"), "1").unwrap();
    std::fs::write(desk.file("tree/sub/two"), "22").unwrap();

    desk.aws("s3 cp big s3://media/a/big --no-progress").await;
    assert!(desk.bucket.store.head("a/big").await.unwrap().unwrap().etag.ends_with("-4"));
    desk.aws("s3 cp s3://media/a/big s3://media/b/big --no-progress").await;
    desk.aws("s3 cp s3://media/b/big got --no-progress").await;
    assert!(std::fs::read(desk.file("got")).unwrap() == body);
    let listed = desk.aws("s3 ls s3://media/").await;
    assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), ["PRE", "a/", "PRE", "b/"]);
    assert!(desk.aws("s3 ls s3://media/a/").await.trim_end().ends_with("31457280 big"));

    desk.aws("s3 sync tree s3://media/tree --no-progress").await;
    std::fs::remove_file(desk.file("tree/one")).unwrap();
    desk.aws("s3 sync tree s3://media/tree --delete --no-progress").await;
    desk.aws("s3 sync s3://media/tree back --no-progress").await;
    assert_eq!(std::fs::read(desk.file("back/sub/two")).unwrap(), b"22");
    assert!(!desk.file("back/one").exists());

    desk.aws("s3 mv s3://media/tree/sub/two s3://media/moved --no-progress").await;
    desk.aws("s3 rm s3://media/a --recursive").await;
    desk.aws("s3 rm s3://media/b/big").await;
    let left = desk.bucket.store.list("").await.unwrap();
    assert_eq!(left.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["moved"]);
    desk.server.stop().await;
}
