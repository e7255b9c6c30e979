//! A child that goes wrong costs its own image, and nobody else's.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use telecine_image::{Pool, PoolConfig, Wish};
use tokio_util::sync::CancellationToken;

use crate::pictures;
use crate::support::{children, code_of, config, large, make, make_of, pool};

#[tokio::test]
async fn a_decoder_that_crashes_fails_one_image_and_the_others_go_on() {
    let pool = Arc::new(Pool::new(PoolConfig { children: 2, ..config() }).expect("a pool"));
    let good = pictures::jpeg((64, 64), pictures::quarters);
    let cases: [(&[u8], &str); 7] = [
        (&good, "ok"),
        (b"please abort", "image_corrupt"),
        (&good, "ok"),
        (b"please panic", "image_corrupt"),
        (b"please take all memory", "image_too_large"),
        (&good, "ok"),
        (b"nothing at all", "not_an_image"),
    ];
    let running = cases.map(|(bytes, expected)| {
        let (pool, bytes) = (Arc::clone(&pool), bytes.to_vec());
        tokio::spawn(async move { (code_of(&pool, &bytes).await, expected) })
    });
    for running in running {
        let (found, expected) = running.await.expect("no panic");
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_child_that_computes_for_ever_is_ended_by_its_processor_time() {
    assert_eq!(code_of(&pool(), b"please compute for ever").await, "image_timeout");
}

#[tokio::test]
async fn a_child_that_hangs_is_ended_after_the_time_that_an_image_has() {
    let pool = Pool::new(PoolConfig { time_limit: Duration::from_secs(3), ..config() }).expect("a pool");
    assert_eq!(code_of(&pool, b"please sleep for ever").await, "image_timeout");
    let good = pictures::jpeg((8, 8), pictures::quarters);
    assert_eq!(code_of(&pool, &good).await, "ok");
}

#[tokio::test]
async fn a_child_can_open_no_file_not_even_beside_its_program() {
    if !telecine_process::Confinement::here().files {
        println!("skipped: this kernel has no Landlock");
        return;
    }
    let pool = pool();
    for question in [&b"please open a file"[..], b"please open its folder"] {
        assert_eq!(code_of(&pool, question).await, "not_an_image", "opening it would have crashed");
    }
}

#[tokio::test]
async fn one_child_serves_many_images() {
    let pool = pool();
    let good = pictures::jpeg((64, 64), pictures::quarters);
    make_of(&pool, &large(), &good).await.expect("taken");
    let first = children();
    for _ in 0..20 {
        make_of(&pool, &large(), &good).await.expect("taken");
    }
    assert_eq!((children(), first.len()), (first, 1));
}

#[tokio::test]
async fn a_child_that_somebody_kills_is_replaced_and_the_image_made_all_the_same() {
    let pool = pool();
    let good = pictures::jpeg((64, 64), pictures::quarters);
    make_of(&pool, &large(), &good).await.expect("taken");
    let first = children();
    kill_process(Pid::from_raw(first[0]).expect("a number"), Signal::KILL).expect("it is there");
    make_of(&pool, &large(), &good).await.expect("by another child");
    assert_ne!(children(), first);
}

#[tokio::test]
async fn a_caller_may_change_its_mind() {
    let pool = pool();
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("input");
    std::fs::write(&input, b"please sleep for ever").expect("room");
    let out = tempfile::tempdir().expect("a folder");
    let output = telecine_image::Output {
        folder: out.path().to_owned(),
        stem: None,
        existing: telecine_image::Existing::Keep,
    };
    let cancel = CancellationToken::new();
    cancel.cancel();
    let made = pool.make(&Wish::default(), &input, &output, &cancel).await;
    assert_eq!(made.err().map(|error| error.code().as_str()), Some("cancelled"));
    assert_eq!(std::fs::read_dir(out.path()).expect("readable").count(), 0);
}

#[tokio::test]
async fn a_program_that_is_no_child_is_said_to_be_unusable() {
    for program in ["/nowhere/telecine", "/bin/false", "/bin/true"] {
        let none: [&str; 0] = [];
        let pool = Pool::new(PoolConfig::new(program, none)).expect("a pool");
        assert_eq!(code_of(&pool, b"").await, "decoder_unavailable", "{program}");
    }
}

/// Memory that images took is given back, or the child is replaced: the last of many starts from where the first did.
#[tokio::test]
async fn children_do_not_grow_with_the_images_that_they_have_seen() {
    let pool = pool();
    let photo = pictures::jpeg((2000, 1500), pictures::quarters);
    let png = pictures::png((300, 200), pictures::noise);
    let resident = || {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", children()[0])).expect("it lives");
        statm.split(' ').nth(1).expect("a number").parse::<u64>().expect("a number") * 4096
    };
    make_of(&pool, &large(), &photo).await.expect("taken");
    let first = resident();
    for round in 0..100 {
        let bytes: &[u8] = match round % 4 {
            0 => &photo,
            1 | 2 => &png,
            _ => &photo[..photo.len() / 2],
        };
        let _ = make_of(&pool, &large(), bytes).await;
    }
    make_of(&pool, &large(), &photo).await.expect("taken");
    let last = resident();
    assert!(last < first + 16_000_000, "{first} bytes after one image, {last} after a hundred");
}

/// What is there is decoded whole, so that a folder that is made is never half of something.
#[tokio::test]
async fn nothing_is_left_of_an_image_that_was_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("input");
    let jpeg = pictures::jpeg((64, 64), pictures::noise);
    std::fs::write(&input, &jpeg[..jpeg.len() / 2]).expect("room");
    // `make` itself checks that the folder is empty.
    assert!(make(&pool(), &Wish::default(), &input).await.is_err());
}
