//! When the original is kept, and that it is still the same picture.

use moxcms::ColorProfile;
use png::{BitDepth, ColorType};
use telecine_image::{Format, Kept, Wish};

use crate::pictures::{self, coarse_jpeg, exif_segment, gif, png_with, with_chunk, with_segment};
use crate::support::{large, make_of, pool};

/// The pixels of a PNG, by its own decoder.
fn png_pixels(bytes: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("whole");
    pixels
}

#[tokio::test]
async fn a_picture_that_webp_makes_no_smaller_is_kept_with_the_same_pixels() {
    let pool = pool();
    let pixels = [9, 8, 7, 255, 0, 0];
    let file = png_with((2, 1), ColorType::Rgb, BitDepth::Eight, &pixels);
    let with_text = with_chunk(&file, *b"tEXt", &[b"a\0".as_slice(), &[b'b'; 1000]].concat());
    let made = make_of(&pool, &Wish::default(), &with_text).await.expect("taken");
    assert_eq!(made.report.variants.len(), 3);
    for variant in &made.report.variants {
        assert_eq!((variant.kept, variant.format), (Kept::Original, Format::Png));
        let name = variant.file.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(name, format!("{}.png", variant.name));
        let stored = std::fs::read(&variant.file).expect("stored");
        assert_eq!(png_pixels(&stored), pixels);
        assert!(
            stored.len() <= file.len()
                && variant.webp_bytes.is_some_and(|bytes| bytes >= stored.len() as u64)
        );
    }
}

#[tokio::test]
async fn a_jpeg_that_is_kept_decodes_to_the_same_pixels() {
    let tight = Wish { quality: 100.0, ..large() };
    let pixels =
        |bytes: &[u8]| turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGB).expect("a JPEG").pixels;
    for is_progressive in [false, true] {
        let coarse = coarse_jpeg((64, 64), pictures::noise, is_progressive);
        let made = make_of(&pool(), &tight, &with_segment(&coarse, 0xfe, b"a comment")).await.expect("taken");
        assert_eq!((made.first().kept, made.first().format), (Kept::Original, Format::Jpeg));
        assert_eq!(pixels(&made.bytes()), pixels(&coarse));
    }
}

#[tokio::test]
async fn what_would_look_otherwise_without_its_metadata_is_never_kept() {
    let pool = pool();
    let tiny = pictures::jpeg((8, 8), |_, _, _| [200, 20, 20]);
    let turned = with_segment(&tiny, 0xe1, &exif_segment(6));
    let p3 = ColorProfile::new_display_p3().encode().expect("a profile");
    let wide = with_segment(&tiny, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &p3].concat());
    let moving = gif((1, 1), &[[1, 1, 1], [200, 200, 200]]);
    for (name, file) in [("turned", turned), ("wide colours", wide), ("moving", moving)] {
        assert_eq!(make_of(&pool, &large(), &file).await.expect(name).first().kept, Kept::WebP, "{name}");
    }
}

#[tokio::test]
async fn a_profile_that_is_srgb_does_not_keep_an_original_from_being_kept() {
    let srgb = ColorProfile::new_srgb().encode().expect("a profile");
    let mut profile = b"sRGB\0\0".to_vec();
    profile.extend(fdeflate::compress_to_vec(&srgb));
    let file = with_chunk(&pictures::png((64, 64), pictures::sparks), *b"iCCP", &profile);
    let made = make_of(&pool(), &Wish { quality: 100.0, ..large() }, &file).await.expect("taken");
    assert_eq!(made.first().kept, Kept::Original);
}
