//! Variants as JPEG, for programs that know no WebP.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use png::{BitDepth, ColorType};
use telecine_image::{Format, Kept, OutputFormat, Variant, Wish};
use turbojpeg::Subsamp;

use crate::pictures::{self, coarse_jpeg, exif_segment, gif, jpeg_with, png_with, with_segment};
use crate::support::{Made, Seen, as_jpeg, assert_near, boxed, large, make, make_of, pool, shared};

const ALL: (f64, f64) = (0.0, 1.0);
const QUARTERS: [[f64; 3]; 4] =
    [[200.0, 30.0, 30.0], [30.0, 180.0, 30.0], [30.0, 30.0, 200.0], [240.0, 240.0, 240.0]];

/// What ffmpeg's own reader says of a file: codec, sides and colours.
fn ffprobe(file: &Path) -> String {
    let entries = "stream=codec_name,width,height,pix_fmt";
    let words = ["-v", "error", "-show_entries", entries, "-of", "csv=p=0"];
    let said = Command::new("ffprobe").args(words).arg(file).output().expect("ffprobe starts");
    assert!(said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

/// The markers of a JPEG before its first scan.
fn markers(jpeg: &[u8]) -> Vec<u8> {
    let (mut at, mut found) = (2, Vec::new());
    while jpeg[at + 1] != 0xda {
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

fn assert_bare(made: &Made) {
    for variant in &made.report.variants {
        let bytes = std::fs::read(&variant.file).expect("stored");
        let read = exif::Reader::new().read_from_container(&mut Cursor::new(&bytes));
        assert!(read.is_err(), "{}: a reader finds EXIF", variant.name);
        // JFIF, tables and the frame, and nothing of an application.
        let others: Vec<_> =
            markers(&bytes).into_iter().filter(|m| ![0xe0, 0xdb, 0xc0, 0xc2, 0xc4].contains(m)).collect();
        assert!(others.is_empty(), "{}: {others:x?}", variant.name);
    }
}

#[tokio::test]
async fn another_reader_sees_jpegs_of_the_right_sizes_without_metadata() {
    for (name, sizes) in [
        ("photos/jolla_phone_3264x2448.jpg", ["960,720", "480,360", "240,180"]),
        ("orient/Landscape_6.jpg", ["1080,720", "540,360", "270,180"]),
        ("formats/p3_icc.jpg", ["1280,720", "640,360", "320,180"]),
        ("formats/rgb16.png", ["576,720", "288,360", "144,180"]),
    ] {
        let Some(file) = shared(name) else { continue };
        let made = make(&pool(), &as_jpeg(Wish::default()), &file).await.expect(name);
        for (variant, size) in made.report.variants.iter().zip(sizes) {
            assert_eq!((variant.kept, variant.format), (Kept::Jpeg, Format::Jpeg), "{name}");
            assert_eq!(variant.file.extension().and_then(|e| e.to_str()), Some("jpg"));
            assert_eq!(ffprobe(&variant.file), format!("mjpeg,{size},yuvj420p"), "{name}");
        }
        assert_bare(&made);
    }
}

#[tokio::test]
async fn where_a_photo_was_taken_is_in_no_jpeg_of_it() {
    let photo = with_segment(&pictures::jpeg((300, 200), pictures::noise), 0xe1, &exif_segment(1));
    assert!(exif::Reader::new().read_from_container(&mut Cursor::new(&photo)).is_ok());
    for size in [100, 1000] {
        let made = make_of(&pool(), &as_jpeg(boxed(size, size)), &photo).await.expect("taken");
        assert_bare(&made);
    }
}

#[tokio::test]
async fn colours_stay_whatever_the_subsampling_and_sides() {
    let pool = pool();
    for subsamp in [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Sub4x1] {
        for (size, fitted) in [
            ((200, 200), (48, 48)),
            ((97, 97), (48, 48)),
            ((96, 94), (48, 47)),
            ((94, 96), (47, 48)),
            ((47, 47), (47, 47)),
        ] {
            let file = jpeg_with(size, pictures::quarters, subsamp, false);
            let made = make_of(&pool, &as_jpeg(boxed(48, 48)), &file).await.expect("taken");
            assert_eq!(made.first().kept, Kept::Jpeg, "{subsamp:?} {size:?}");
            let seen = made.seen();
            assert_eq!(seen.size, fitted, "{subsamp:?} {size:?}");
            for (found, expected) in seen.quarters().into_iter().zip(QUARTERS) {
                assert_near(found, expected, 20.0, &format!("{subsamp:?} {size:?}"));
            }
        }
    }
}

#[tokio::test]
async fn black_and_white_stay_what_they_are_to_the_edges() {
    for size in [(161, 161), (160, 160), (1281, 721)] {
        for shade in [0, 255] {
            let paint: pictures::Paint = if shade == 0 { |_, _, _| [0; 3] } else { |_, _, _| [255; 3] };
            let made =
                make_of(&pool(), &as_jpeg(large()), &pictures::jpeg(size, paint)).await.expect("taken");
            let seen = made.seen();
            for (across, down) in [((0.95, 1.0), ALL), (ALL, (0.95, 1.0)), (ALL, ALL)] {
                assert_near(seen.mean(across, down), [f64::from(shade); 3], 1.0, &format!("{size:?}"));
            }
        }
    }
}

#[tokio::test]
async fn pictures_stored_in_all_eight_ways_come_out_upright_as_jpeg() {
    let pool = pool();
    for value in 1..=8_u8 {
        let file = with_segment(&pictures::jpeg((61, 37), pictures::quarters), 0xe1, &exif_segment(value));
        let made = make_of(&pool, &as_jpeg(boxed(100, 100)), &file).await.expect("taken");
        assert_eq!(made.seen().size, if value < 5 { (61, 37) } else { (37, 61) }, "{value}");
        // Where the red quarter of the top left goes.
        let red = match value {
            1 | 5 => 0,
            2 | 6 => 1,
            4 | 8 => 2,
            _ => 3,
        };
        assert_near(made.seen().quarters()[red], QUARTERS[0], 16.0, &format!("stored as {value}"));
    }
}

#[tokio::test]
async fn what_is_transparent_is_laid_over_white() {
    let half = [200, 100, 0, 128].repeat(64 * 32);
    let none = [0, 0, 0, 0].repeat(64 * 32);
    let file = png_with((64, 64), ColorType::Rgba, BitDepth::Eight, &[half, none].concat());
    let seen = make_of(&pool(), &as_jpeg(boxed(64, 64)), &file).await.expect("taken").seen();
    assert_near(seen.mean(ALL, (0.0, 0.4)), [227.0, 177.0, 127.0], 3.0, "half seen through");
    assert_near(seen.mean(ALL, (0.6, 1.0)), [255.0; 3], 3.0, "nothing there");
}

#[tokio::test]
async fn an_animation_gives_its_first_frame_beside_others_that_move() {
    let file = gif((64, 48), &[[200, 30, 30], [30, 180, 30], [30, 30, 200]]);
    let variant =
        |name: &str, side, format| Variant { name: name.to_owned(), width: side, height: side, format };
    let (webp, jpeg) = (OutputFormat::WebP, OutputFormat::Jpeg);
    let variants = vec![
        variant("small", 16, jpeg),
        variant("moving", 32, webp),
        variant("still", 32, jpeg),
        variant("large", 64, jpeg),
    ];
    for animated in [true, false] {
        let wish = Wish { animated, variants: variants.clone(), ..Wish::default() };
        let made = make_of(&pool(), &wish, &file).await.expect("taken");
        let frames: Vec<_> = made.report.variants.iter().map(|variant| variant.frames).collect();
        assert_eq!(frames, [1, if animated { 3 } else { 1 }, 1, 1]);
        for variant in made.report.variants.iter().filter(|variant| variant.name != "moving") {
            assert_eq!(variant.kept, Kept::Jpeg);
            let seen = Seen::jpeg(&std::fs::read(&variant.file).expect("stored"));
            assert_eq!(seen.size, (variant.width, variant.height));
            assert_near(seen.mean(ALL, ALL), [200.0, 30.0, 30.0], 6.0, &variant.name);
        }
    }
    let wish = Wish { animated: true, variants: vec![variants[3].clone()], ..Wish::default() };
    assert_eq!(make_of(&pool(), &wish, &file).await.expect("taken").first().frames, 1);
}

#[tokio::test]
async fn both_formats_are_made_of_one_picture() {
    let file = pictures::jpeg((1600, 1200), pictures::quarters);
    let mut wish = Wish::default();
    let jpegs = as_jpeg(wish.clone()).variants;
    wish.variants
        .extend(jpegs.into_iter().map(|jpeg| Variant { name: format!("{}-mail", jpeg.name), ..jpeg }));
    let made = make_of(&pool(), &wish, &file).await.expect("taken");
    let (webps, jpegs) = made.report.variants.split_at(3);
    for (webp, jpeg) in webps.iter().zip(jpegs) {
        assert_eq!((webp.kept, jpeg.kept), (Kept::WebP, Kept::Jpeg));
        assert_eq!((webp.width, webp.height), (jpeg.width, jpeg.height));
        let of_webp = Seen::webp(&std::fs::read(&webp.file).expect("stored")).quarters();
        let of_jpeg = Seen::jpeg(&std::fs::read(&jpeg.file).expect("stored")).quarters();
        for (quarter, expected) in of_webp.into_iter().chain(of_jpeg).zip(QUARTERS.into_iter().cycle()) {
            assert_near(quarter, expected, 8.0, &jpeg.name);
        }
    }
}

#[tokio::test]
async fn a_smaller_jpeg_that_fits_is_kept_without_its_metadata() {
    let pool = pool();
    let coarse = coarse_jpeg((64, 64), pictures::noise, false);
    let told = with_segment(&coarse, 0xe1, &exif_segment(1));
    let tight = Wish { quality: 100.0, ..as_jpeg(large()) };
    let made = make_of(&pool, &tight, &told).await.expect("taken");
    assert_eq!((made.first().kept, made.first().format), (Kept::Original, Format::Jpeg));
    assert!(made.first().jpeg_bytes.is_some_and(|bytes| bytes > made.first().bytes));
    assert_eq!(made.first().webp_bytes, None);
    assert_eq!(Seen::jpeg(&made.bytes()).pixels, Seen::jpeg(&coarse).pixels);
    assert_bare(&made);
}

#[tokio::test]
async fn no_original_is_kept_that_is_no_jpeg_or_does_not_fit_or_few_can_read() {
    let pool = pool();
    let tight = |side| Wish { quality: 100.0, ..as_jpeg(boxed(side, side)) };
    let tiny = png_with((2, 1), ColorType::Rgb, BitDepth::Eight, &[9, 8, 7, 255, 0, 0]);
    let made = make_of(&pool, &tight(64), &tiny).await.expect("taken");
    assert!(made.first().bytes > tiny.len() as u64, "it is larger than the PNG");
    assert_eq!((made.first().kept, made.first().format), (Kept::Jpeg, Format::Jpeg));

    let coarse = coarse_jpeg((64, 64), pictures::noise, false);
    let made = make_of(&pool, &tight(60), &coarse).await.expect("taken");
    assert!(made.first().bytes > coarse.len() as u64, "it is larger than the original");
    assert_eq!((made.first().kept, made.seen().size), (Kept::Jpeg, (60, 60)));

    let image = turbojpeg::Image {
        pixels: pictures::rgb((64, 64), pictures::noise),
        width: 64,
        pitch: 64 * 3,
        height: 64,
        format: turbojpeg::PixelFormat::RGB,
    };
    let mut compressor = turbojpeg::Compressor::new().expect("a compressor");
    compressor.set_quality(5).expect("known");
    compressor.set_arithmetic(true).expect("built in");
    let arithmetic = compressor.compress_to_vec(image.as_deref()).expect("a JPEG");
    for wish in [tight(64), Wish { quality: 100.0, ..large() }] {
        let made = make_of(&pool, &wish, &arithmetic).await.expect("taken");
        assert_ne!(made.first().kept, Kept::Original);
        assert_eq!(made.seen().size, (64, 64));
    }
}

#[tokio::test]
async fn quality_is_what_was_wished() {
    let pool = pool();
    let file = pictures::jpeg((400, 300), pictures::noise);
    let mut sizes = Vec::new();
    for quality in [0.0, 50.0, 85.0, 100.0] {
        let wish = Wish { quality, ..as_jpeg(boxed(200, 200)) };
        sizes.push(make_of(&pool, &wish, &file).await.expect("taken").first().bytes);
    }
    assert!(sizes.is_sorted_by(|less, more| 2 * less < 3 * more && less < more), "{sizes:?}");
}
