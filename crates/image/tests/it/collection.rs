//! The shared collection: every file of it gives exactly what its README names.

use std::time::{Duration, Instant};

use telecine_image::Kept;

use crate::support::{Seen, assert_near, large, make, pool, shared};

/// Every file with its answer: a size, or a code.
const TABLE: [(&str, &str); 33] = [
    ("thumbs/u01_1280x720_420_q98.jpg", "1280x720"),
    ("thumbs/u02_1920x1080_444_q95.jpg", "1280x720"),
    ("thumbs/u03_1920x1080_420_q97.jpg", "1280x720"),
    ("thumbs/u04_1280x720_420_q98.jpg", "1280x720"),
    ("thumbs/u05_1280x720_420_q98.jpg", "1280x720"),
    ("thumbs/u06_1920x1080_420_q98.jpg", "1280x720"),
    ("thumbs/u07_1920x1080_420_prog_q98.jpg", "1280x720"),
    ("photos/gps_nikon_640x480.jpg", "640x480"),
    ("photos/jolla_phone_3264x2448.jpg", "960x720"),
    ("shots/photo_1024x576.png", "1024x576"),
    ("orient/Landscape_6.jpg", "1080x720"),
    ("orient/Portrait_8.jpg", "480x720"),
    ("formats/alpha.webp", "1280x720"),
    ("formats/anim.gif", "80x80"),
    ("formats/cmyk_noicc.jpg", "500x333"),
    ("formats/p3_icc.jpg", "1280x720"),
    ("formats/rgb16.png", "576x720"),
    ("formats/photo.avif", "unsupported_format"),
    ("formats/fox_10bit.avif", "unsupported_format"),
    ("hostile/bomb_12000x12000_rgb.png", "image_too_large"),
    ("hostile/hdr_4e9px_nodata.png", "image_too_large"),
    ("hostile/gif_65535x65535_1frame.gif", "image_too_large"),
    ("hostile/gif_10000frames_1280x720.gif", "1280x720"),
    ("hostile/iccp_bomb_64MiB.png", "16x16"),
    ("hostile/jpeg_2000scans_4000x4000.jpg", "image_corrupt"),
    ("hostile/truncated_50pct.jpg", "image_corrupt"),
    ("hostile/truncated_header.jpg", "image_corrupt"),
    ("hostile/jpeg_html_zip_tail.jpg", "640x480"),
    ("hostile/svg_as.png", "unsupported_format"),
    ("hostile/xss.svg", "unsupported_format"),
    ("hostile/html_as.jpg", "not_an_image"),
    ("hostile/mvg.png", "not_an_image"),
    ("hostile/zero.jpg", "empty_file"),
];

/// Bytes of what sharp makes of the same, where the README names them: ours have to be within a tenth.
const BYTES: [(&str, u64); 14] = [
    ("thumbs/u01_1280x720_420_q98.jpg", 139_868),
    ("thumbs/u02_1920x1080_444_q95.jpg", 75_458),
    ("thumbs/u03_1920x1080_420_q97.jpg", 78_024),
    ("thumbs/u04_1280x720_420_q98.jpg", 34_200),
    ("thumbs/u05_1280x720_420_q98.jpg", 65_072),
    ("thumbs/u06_1920x1080_420_q98.jpg", 61_498),
    ("thumbs/u07_1920x1080_420_prog_q98.jpg", 52_778),
    ("photos/gps_nikon_640x480.jpg", 136_058),
    ("photos/jolla_phone_3264x2448.jpg", 79_254),
    ("shots/photo_1024x576.png", 31_256),
    ("orient/Landscape_6.jpg", 163_672),
    ("orient/Portrait_8.jpg", 48_564),
    ("formats/alpha.webp", 65_474),
    ("formats/rgb16.png", 50_260),
];

/// Mean colours of the four quarters of what sharp makes, within 4 of 255.
const QUARTERS: [(&str, [[f64; 3]; 4]); 3] = [
    (
        "orient/Landscape_6.jpg",
        [[138.0, 168.0, 203.0], [93.0, 108.0, 126.0], [81.0, 95.0, 103.0], [82.0, 92.0, 104.0]],
    ),
    (
        "orient/Portrait_8.jpg",
        [[145.0, 159.0, 168.0], [178.0, 188.0, 196.0], [122.0, 133.0, 139.0], [132.0, 143.0, 149.0]],
    ),
    (
        "formats/rgb16.png",
        [[68.0, 102.0, 123.0], [37.0, 83.0, 112.0], [107.0, 107.0, 103.0], [83.0, 81.0, 80.0]],
    ),
];

#[tokio::test]
async fn every_file_of_the_collection_gives_what_its_readme_names() {
    let pool = pool();
    for (name, expected) in TABLE {
        let Some(file) = shared(name) else { continue };
        let begun = Instant::now();
        let made = make(&pool, &large(), &file).await;
        let took = begun.elapsed();
        let found = match &made {
            Ok(made) => format!("{}x{}", made.first().width, made.first().height),
            Err(error) => error.code().as_str().to_owned(),
        };
        assert_eq!(found, expected, "{name}: {:?}", made.as_ref().err());
        assert!(!name.starts_with("hostile/") || took < Duration::from_secs(2), "{name} took {took:?}");
        let Ok(made) = made else { continue };
        if made.first().kept == Kept::WebP {
            assert_eq!(made.seen().size, (made.first().width, made.first().height), "{name}");
        }
        if let Some((_, bytes)) = BYTES.iter().find(|(file, _)| *file == name) {
            let ratio = made.first().bytes as f64 / *bytes as f64;
            assert!((0.9..=1.1).contains(&ratio), "{name}: {} bytes, {bytes} by sharp", made.first().bytes);
        }
        if let Some((_, expected)) = QUARTERS.iter().find(|(file, _)| *file == name) {
            for (found, expected) in made.seen().quarters().into_iter().zip(expected) {
                assert_near(found, *expected, 4.0, name);
            }
        }
    }
}

#[tokio::test]
async fn wide_colours_are_made_those_of_srgb() {
    let Some(file) = shared("formats/p3_icc.jpg") else { return };
    let made = make(&pool(), &large(), &file).await.expect("taken");
    // With the profile ignored it is 99.2, 66.3, 64.9.
    assert_near(made.seen().mean((0.0, 1.0), (0.0, 1.0)), [103.7, 63.9, 62.6], 1.0, "Display P3");
}

#[tokio::test]
async fn inks_are_not_inverted() {
    let Some(file) = shared("formats/cmyk_noicc.jpg") else { return };
    let made = make(&pool(), &large(), &file).await.expect("taken");
    let expected = [[108.0, 106.0, 100.0], [102.0, 101.0, 98.0], [109.0, 121.0, 88.0], [139.0, 139.0, 132.0]];
    // Without a profile nobody says what the inks look like: programs differ.
    for (found, expected) in made.seen().quarters().into_iter().zip(expected) {
        assert_near(found, expected, 30.0, "four inks");
    }
}

#[tokio::test]
async fn half_transparent_stays_half_transparent() {
    let Some(file) = shared("formats/alpha.webp") else { return };
    let seen: Seen = make(&pool(), &large(), &file).await.expect("taken").seen();
    assert!(seen.has_alpha && seen.pixels.iter().all(|pixel| (126..=129).contains(&pixel[3])));
}

#[tokio::test]
async fn the_first_frame_of_an_animation_keeps_what_is_transparent() {
    let Some(file) = shared("formats/anim.gif") else { return };
    let made = make(&pool(), &large(), &file).await.expect("taken");
    let seen = made.seen();
    assert!(seen.has_alpha && seen.pixels.iter().any(|pixel| pixel[3] == 0));
    assert_eq!((made.report.source.frames, made.first().frames), (30, 1));
}
