//! A child sees its own directory, what it was given, the programs of the system, and nothing else.
#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use telecine_process::Confinement;

use crate::support::{run, shell};

/// Says whether a file can be read.
fn look(file: &Path) -> String {
    format!("cat {} 2>/dev/null || echo closed", file.display())
}

#[tokio::test]
async fn a_child_sees_its_own_directory_and_what_it_was_given() {
    if !Confinement::here().files {
        println!("skipped: this kernel has no Landlock");
        return;
    }
    let (dir, elsewhere) =
        (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let (given, canary) = (elsewhere.path().join("given"), elsewhere.path().join("canary"));
    for file in [&given, &canary, &dir.path().join("own")] {
        std::fs::write(file, "open\n").expect("the disk has room");
    }
    std::os::unix::fs::symlink(&given, dir.path().join("link")).expect("a link");
    let script = ["own", "link"].map(|name| look(Path::new(name))).join(";")
        + &format!(";{};ls {} 2>/dev/null || echo closed;", look(&canary), elsewhere.path().display())
        + "echo new >own && cat own; (echo new >link) 2>/dev/null || echo closed";
    let outcome = run(shell(&dir, &script).reads(&given)).await;
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "open\nopen\nclosed\nclosed\nnew\nclosed\n");
    assert_eq!(std::fs::read_to_string(&given).expect("readable"), "open\n");
}

#[tokio::test]
async fn a_child_sees_no_process_but_its_own() {
    if !Confinement::here().files {
        println!("skipped: this kernel has no Landlock");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let secrets = format!("/proc/{}/environ", std::process::id());
    let outcome = run(shell(&dir, &look(Path::new(&secrets)))).await;
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "closed\n");
}

#[tokio::test]
async fn a_child_has_no_network() {
    if !Confinement::here().network {
        println!("skipped: this kernel or architecture has no seccomp filter");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let port = listener.local_addr().expect("a port").port();
    let script =
        format!("bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' 2>/dev/null && echo open || echo closed");
    let dir = tempfile::tempdir().expect("a directory");
    let outcome = run(shell(&dir, &script)).await;
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "closed\n");
    assert_eq!(listener.accept().expect_err("nobody came").kind(), ErrorKind::WouldBlock);
    // The same words outside of the sandbox.
    let free = std::process::Command::new("/bin/sh").args(["-c", &script]).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&free.stdout), "open\n");
}
