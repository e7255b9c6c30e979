//! Files made to do harm, without the shared collection: each gives its code within 2 s of processor time, and takes no more than
//! 200 MB.

use std::time::Duration;

use png::{BitDepth, ColorType};
use telecine_image::Pool;
use turbojpeg::Subsamp;

use crate::pictures::{self, plain_jpeg, png_with, riff, riff_chunk};
use crate::support::{children, large, make_of, pool, shared};

const CPU: Duration = Duration::from_secs(2);
const BYTES: u64 = 200_000_000;

/// Of the clock of the kernel's statistics.
const TICKS_PER_S: u64 = 100;

/// The most memory that a child has had; none when it is gone.
fn peak_bytes() -> u64 {
    let peak = |pid: &i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    children().iter().filter_map(peak).max().unwrap_or(0) * 1024
}

/// Processor time of the children so far. Time on the wall depends on what else the machine does.
fn cpu() -> Duration {
    let ticks = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // User and system time; the name before them may hold anything.
        let fields: Vec<u64> =
            stat.rsplit_once(')')?.1.split_whitespace().skip(12).take(2).flat_map(str::parse).collect();
        Some(fields.iter().sum::<u64>())
    };
    let ticks: u64 = children().iter().filter_map(ticks).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_S)
}

async fn code(pool: &Pool, name: &str, file: &[u8]) -> &'static str {
    let before = cpu();
    let made = make_of(pool, &large(), file).await;
    let took = cpu().saturating_sub(before);
    assert!(took < CPU, "{name} took {took:?}");
    let peak = peak_bytes();
    assert!(peak < BYTES, "{name} took {peak} bytes");
    made.err().map_or("ok", |error| error.code().as_str())
}

#[tokio::test]
async fn files_made_to_do_harm_are_refused_quickly_and_in_little_memory() {
    let mut scans = plain_jpeg((4000, 4000), Subsamp::Sub2x2, true);
    let scan = scans.windows(2).rposition(|marker| marker == [0xff, 0xda]).expect("a scan");
    let (last, end) = (scans[scan..scans.len() - 2].to_vec(), scans.len() - 2);
    scans.splice(end..end, last.repeat(500));

    let small = pictures::webp((8, 8), pictures::noise);
    let mut inner = small[20..].to_vec();
    // 16,384x16,384 inside of a canvas of 8x8.
    inner[1..5].copy_from_slice(&0x0fff_ffff_u32.to_le_bytes());
    let canvas = [&[0, 0, 0, 0], &[7, 0, 0, 7, 0, 0][..]].concat();
    let lying_webp = riff(&[riff_chunk(b"VP8X", &canvas), riff_chunk(b"VP8L", &inner)]);
    let frame = [&[0; 6], &[7, 0, 0, 7, 0, 0][..], &[100, 0, 0, 0], &riff_chunk(b"VP8L", &inner)].concat();
    let moving = [&[2, 0, 0, 0], &[7, 0, 0, 7, 0, 0][..]].concat();
    let lying_frame =
        riff(&[riff_chunk(b"VP8X", &moving), riff_chunk(b"ANIM", &[0; 6]), riff_chunk(b"ANMF", &frame)]);

    let mut huge_gif = pictures::gif((1, 1), &[[1, 1, 1]]);
    huge_gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut huge_frame = pictures::gif((8, 8), &[[1, 1, 1]]);
    let descriptor = huge_frame.windows(5).position(|block| block == [0x2c, 0, 0, 0, 0]).expect("a frame");
    huge_frame[descriptor + 5..descriptor + 9].copy_from_slice(&[0xff; 4]);

    let pool = pool();
    assert_eq!(code(&pool, "scans", &scans).await, "image_corrupt");
    assert_eq!(code(&pool, "a canvas that lies", &lying_webp).await, "image_corrupt");
    assert_eq!(code(&pool, "a frame that lies", &lying_frame).await, "image_corrupt");
    assert_eq!(code(&pool, "a huge screen", &huge_gif).await, "image_too_large");
    assert_eq!(code(&pool, "a huge frame", &huge_frame).await, "image_corrupt");
    for (file, expected) in [
        (&b"<html><body><script>alert(1)</script>"[..], "not_an_image"),
        (
            b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>",
            "unsupported_format",
        ),
        (
            b"push graphic-context\nviewbox 0 0 1 1\nfill 'url(https://example.com/\"|ls \"-la)'",
            "not_an_image",
        ),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "not_an_image"),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", "unsupported_format"),
        (b"", "empty_file"),
    ] {
        assert_eq!(code(&pool, &String::from_utf8_lossy(file), file).await, expected);
    }
}

#[tokio::test]
async fn the_largest_pictures_that_are_taken_keep_to_the_memory_of_the_others() {
    let pool = pool();
    // 40 million pixels: as a PNG of one colour, as a JPEG of one scan, and as one of many.
    let png = png_with((8000, 5000), ColorType::Rgb, BitDepth::Eight, &vec![9; 120_000_000]);
    let jpeg = plain_jpeg((8000, 5000), Subsamp::Sub2x2, false);
    let progressive = plain_jpeg((5000, 4000), Subsamp::Sub2x2, true);
    for (name, file) in [("PNG", png), ("JPEG", jpeg), ("progressive JPEG", progressive)] {
        assert_eq!(code(&pool, name, &file).await, "ok");
    }
}

#[tokio::test]
async fn the_hostile_files_of_the_collection_keep_to_time_and_memory() {
    let Some(folder) = shared("hostile/zero.jpg").and_then(|file| Some(file.parent()?.to_owned())) else {
        return;
    };
    let pool = pool();
    for file in std::fs::read_dir(folder).expect("readable").flatten() {
        let bytes = std::fs::read(file.path()).expect("readable");
        code(&pool, &file.path().display().to_string(), &bytes).await;
    }
}
