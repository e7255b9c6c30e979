//! Colours, bits and alpha of every kind of file, made in the test.

use moxcms::ColorProfile;
use png::{BitDepth, ColorType};
use telecine_image::Kept;
use turbojpeg::Subsamp;

use crate::pictures::{self, jpeg_with, png_with, with_chunk, with_segment};
use crate::support::{Seen, assert_near, boxed, make_of, pool};

const ALL: (f64, f64) = (0.0, 1.0);

async fn seen(file: &[u8]) -> Seen {
    let made = make_of(&pool(), &boxed(48, 48), file).await.expect("taken");
    assert_eq!(made.first().kept, Kept::WebP, "{:?} of {}", made.first(), file.len());
    made.seen()
}

#[tokio::test]
async fn a_jpeg_keeps_its_colours_whatever_its_subsampling() {
    let expected = [[200.0, 30.0, 30.0], [30.0, 180.0, 30.0], [30.0, 30.0, 200.0], [240.0, 240.0, 240.0]];
    let kinds =
        [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Sub1x2, Subsamp::Sub4x1, Subsamp::Sub1x4];
    for subsamp in kinds {
        for is_progressive in [false, true] {
            for size in [(64, 64), (97, 97), (200, 200), (1001, 1001)] {
                let seen = seen(&jpeg_with(size, pictures::quarters, subsamp, is_progressive)).await;
                assert_eq!(seen.size, (48, 48));
                for (found, expected) in seen.quarters().into_iter().zip(expected) {
                    assert_near(found, expected, 14.0, &format!("{subsamp:?} {size:?}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn padding_of_the_decoder_does_not_bleed_into_the_edges() {
    // Sides that are no multiple of the blocks of 4:2:0, and a picture that is white at its edges.
    for size in [(161, 161), (1281, 721), (2561, 1441)] {
        let seen = seen(&jpeg_with(size, |_, _, _| [255, 255, 255], Subsamp::Sub2x2, false)).await;
        let (right, bottom) = (seen.mean((0.95, 1.0), ALL), seen.mean(ALL, (0.95, 1.0)));
        assert_near(right, [255.0; 3], 2.0, "the right edge");
        assert_near(bottom, [255.0; 3], 2.0, "the bottom edge");
    }
}

#[tokio::test]
async fn a_grey_jpeg_stays_grey() {
    let pixels: Vec<u8> = (0..100 * 100).map(|place| if place % 100 < 50 { 40 } else { 220 }).collect();
    let mut compressor = turbojpeg::Compressor::new().expect("a compressor");
    compressor.set_subsamp(Subsamp::Gray).expect("known");
    let format = turbojpeg::PixelFormat::GRAY;
    let image = turbojpeg::Image { pixels: pixels.as_slice(), width: 100, pitch: 100, height: 100, format };
    let seen = seen(&compressor.compress_to_vec(image).expect("a JPEG")).await;
    assert_near(seen.mean((0.0, 0.4), ALL), [40.0; 3], 3.0, "dark");
    assert_near(seen.mean((0.6, 1.0), ALL), [220.0; 3], 3.0, "bright");
}

#[tokio::test]
async fn wide_colours_are_made_those_of_srgb_in_every_format() {
    let p3 = ColorProfile::new_display_p3().encode().expect("a profile");
    let paint: pictures::Paint = |_, _, _| [100, 200, 100];
    let size = (64, 64);
    let pieces: Vec<&[u8]> = p3.chunks(p3.len().div_ceil(2)).collect();
    let segment =
        |number: u8, count: u8, piece: &[u8]| [b"ICC_PROFILE\0".as_slice(), &[number, count], piece].concat();
    // Pieces may come in any order.
    let in_two = with_segment(&pictures::jpeg(size, paint), 0xe2, &segment(1, 2, pieces[0]));
    let in_two = with_segment(&in_two, 0xe2, &segment(2, 2, pieces[1]));
    let chunk = [b"P3\0\0".as_slice(), &fdeflate::compress_to_vec(&p3)].concat();
    let riff = pictures::extended_webp(size, paint, 0x20, &[pictures::riff_chunk(b"ICCP", &p3)]);
    let files = [
        ("JPEG", with_segment(&pictures::jpeg(size, paint), 0xe2, &segment(1, 1, &p3))),
        ("JPEG in two pieces", in_two),
        ("PNG", with_chunk(&pictures::png(size, paint), *b"iCCP", &chunk)),
        ("WebP", riff),
    ];
    for (name, file) in files {
        // Worked out with the matrices of both spaces: the red of P3's green is below zero in sRGB.
        assert_near(seen(&file).await.mean(ALL, ALL), [37.0, 202.0, 89.0], 8.0, name);
    }
    let without = seen(&pictures::png(size, paint)).await;
    assert_near(without.mean(ALL, ALL), [100.0, 200.0, 100.0], 4.0, "without a profile");
}

#[tokio::test]
async fn inks_of_adobes_programs_are_not_inverted() {
    // Cyan without black, as Adobe stores it: how much of each ink is missing.
    let pixels: Vec<u8> = [0_u8, 255, 255, 255].repeat(64 * 64);
    let format = turbojpeg::PixelFormat::CMYK;
    let image = turbojpeg::Image { pixels: pixels.as_slice(), width: 64, pitch: 256, height: 64, format };
    let mut compressor = turbojpeg::Compressor::new().expect("a compressor");
    compressor.set_subsamp(Subsamp::None).expect("known");
    let file = compressor.compress_to_vec(image).expect("a JPEG");
    assert!(file.windows(5).any(|window| window == b"Adobe"), "libjpeg says so too");
    assert_near(seen(&file).await.mean(ALL, ALL), [0.0, 255.0, 255.0], 6.0, "cyan");
}

#[tokio::test]
async fn every_kind_of_png_keeps_colours_and_alpha() {
    let size = (64, 64);
    let count = 64 * 64;
    let wide =
        |samples: &[u16]| samples.repeat(count).iter().flat_map(|sample| sample.to_be_bytes()).collect();
    type Case = (ColorType, BitDepth, Vec<u8>, [f64; 3], u8);
    let cases: [Case; 8] = [
        (ColorType::Grayscale, BitDepth::One, vec![0xff; count / 8], [255.0; 3], 255),
        (ColorType::Grayscale, BitDepth::Eight, vec![77; count], [77.0; 3], 255),
        (ColorType::Grayscale, BitDepth::Sixteen, wide(&[0x4d4d]), [77.0; 3], 255),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, [77, 128].repeat(count), [77.0; 3], 128),
        (ColorType::Rgb, BitDepth::Eight, [200, 30, 60].repeat(count), [200.0, 30.0, 60.0], 255),
        (ColorType::Rgb, BitDepth::Sixteen, wide(&[0xc8c8, 0x1e1e, 0x3c3c]), [200.0, 30.0, 60.0], 255),
        (ColorType::Rgba, BitDepth::Eight, [200, 30, 60, 100].repeat(count), [200.0, 30.0, 60.0], 100),
        (
            ColorType::Rgba,
            BitDepth::Sixteen,
            wide(&[0xc8c8, 0x1e1e, 0x3c3c, 0x6464]),
            [200.0, 30.0, 60.0],
            100,
        ),
    ];
    for (color, depth, pixels, expected, alpha) in cases {
        let seen = seen(&png_with(size, color, depth, &pixels)).await;
        let what = format!("{color:?} {depth:?}");
        assert_near(seen.mean(ALL, ALL), expected, 5.0, &what);
        assert_eq!(seen.has_alpha, alpha < 255, "{what}");
        assert!(seen.pixels.iter().all(|pixel| pixel[3].abs_diff(alpha) <= 1), "{what}");
    }
}

#[tokio::test]
async fn transparent_pixels_lend_no_colour_to_their_neighbours() {
    // Bright red that nobody sees, beside blue; with grain, so that the file is not small.
    let paint = |place: u32| {
        let [a, b, _] = pictures::noise(place % 400, place / 400, (400, 400));
        if place % 400 < 200 { [255, a, b, 0] } else { [0, a / 64, 128 + b / 2, 255] }
    };
    let pixels: Vec<u8> = (0..400 * 400).flat_map(paint).collect();
    let seen = seen(&png_with((400, 400), ColorType::Rgba, BitDepth::Eight, &pixels)).await;
    let opaque = seen.pixels.iter().filter(|pixel| pixel[3] > 200);
    let reddest = opaque.map(|pixel| pixel[0]).max().expect("blue pixels");
    assert!(reddest < 60, "{reddest}");
}
