//! The largest that is taken, and one more.

use png::{BitDepth, ColorType};
use telecine_image::{MAX_FILE_BYTES, MAX_FRAMES, MAX_PIXELS, MAX_SIDE, Wish};

use crate::pictures::{self, gif, png_with, with_segment, zlib_zeros};
use crate::support::{boxed, code_of, large, make_of, pool};

/// A PNG of one bit a pixel, all black.
fn black(width: u32, height: u32) -> Vec<u8> {
    let row = width.div_ceil(8) as usize;
    png_with((width, height), ColorType::Grayscale, BitDepth::One, &vec![0; row * height as usize])
}

/// A header that announces so much, and no more than a few bytes behind it.
fn announced(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    file.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    file.extend([depth, color, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    file
}

#[tokio::test]
async fn one_pixel_over_each_limit_is_refused_and_the_limit_itself_is_not() {
    let pool = pool();
    let height = u32::try_from(MAX_PIXELS).expect("a number") / 8000;
    assert_eq!(u64::from(height) * 8000, MAX_PIXELS);
    assert_eq!(code_of(&pool, &black(8000, height)).await, "ok");
    assert_eq!(code_of(&pool, &black(8000, height + 1)).await, "image_too_large");
    for (width, height) in [(MAX_SIDE, 8), (8, MAX_SIDE)] {
        assert_eq!(code_of(&pool, &black(width, height)).await, "ok", "{width}x{height}");
    }
    for (width, height) in [(MAX_SIDE + 1, 8), (8, MAX_SIDE + 1)] {
        assert_eq!(code_of(&pool, &black(width, height)).await, "image_too_large", "{width}x{height}");
    }
    assert_eq!(code_of(&pool, &announced(0, 5, 8, 2)).await, "image_corrupt");
    assert_eq!(code_of(&pool, &announced(u32::MAX, u32::MAX, 16, 6)).await, "image_too_large");
}

#[tokio::test]
async fn a_picture_that_is_small_in_pixels_may_be_too_large_in_memory() {
    // 38 million pixels of three colours without subsampling, in several scans: coefficients of 228 MB.
    let mut jpeg = pictures::jpeg_with((64, 64), pictures::noise, turbojpeg::Subsamp::None, true);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc2]).expect("a frame header");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[6200_u16.to_be_bytes(), 6200_u16.to_be_bytes()].concat());
    let made = make_of(&pool(), &large(), &jpeg).await.err().expect("refused");
    assert_eq!(made.code().as_str(), "image_too_large");
    assert!(made.to_string().contains("when decoded"), "{made}");
}

#[tokio::test]
async fn a_file_one_byte_over_the_limit_is_refused_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("input");
    let png = pictures::png((4, 4), pictures::noise);
    std::fs::write(&input, &png).expect("room");
    let file = std::fs::OpenOptions::new().append(true).open(&input).expect("writable");
    let pool = pool();
    for (bytes, code) in [(MAX_FILE_BYTES, None), (MAX_FILE_BYTES + 1, Some("image_too_large"))] {
        file.set_len(bytes).expect("a hole");
        let made = crate::support::make(&pool, &large(), &input).await;
        assert_eq!(made.err().map(|error| error.code().as_str()), code, "{bytes}");
    }
}

#[tokio::test]
async fn animations_have_limits_of_their_own_where_they_stay_animations() {
    let pool = pool();
    let wish = Wish { animated: true, ..boxed(8, 8) };
    let code = async |file: &[u8]| {
        make_of(&pool, &wish, file).await.err().map_or("ok", |error| error.code().as_str())
    };
    let colors = |count: u32| vec![[1, 2, 3]; count as usize];
    // A palette has 256 colours at most, so that the frames are put together by hand.
    let frames = |size: (u16, u16), count: u32| {
        let one = gif(size, &colors(2));
        // Of two colours there are four shades.
        let (head, rest) = one.split_at(13 + 12);
        let loops = rest.windows(2).position(|block| block == [0x21, 0xf9]).expect("a frame");
        let frame = &rest[loops..loops + (rest.len() - 1 - loops) / 2];
        [head, &frame.repeat(count as usize), &[0x3b]].concat()
    };
    assert_eq!(code(&frames((8, 8), MAX_FRAMES)).await, "ok");
    assert_eq!(code(&frames((8, 8), MAX_FRAMES + 1)).await, "image_too_large");
    // 101 frames of a million pixels.
    assert_eq!(code(&frames((1000, 1000), 101)).await, "image_too_large");
    assert_eq!(code_of(&pool, &frames((8, 8), MAX_FRAMES + 1)).await, "ok", "its first frame is");
}

#[tokio::test]
async fn more_parts_than_any_program_writes_are_refused_at_once() {
    let jpeg = pictures::jpeg((8, 8), pictures::noise);
    let many = with_segment(&jpeg, 0xfe, b"");
    let mut file = many[..2].to_vec();
    file.extend(many[2..6].repeat(100_001));
    file.extend(&jpeg[2..]);
    let png = pictures::png((8, 8), pictures::noise);
    let chunk = pictures::with_chunk(&png, *b"teXt", b"")[33..45].to_vec();
    let chunks = [&png[..33], &chunk.repeat(100_001), &png[33..]].concat();
    let pool = pool();
    for (name, file) in [("JPEG", file), ("PNG", chunks)] {
        let made = make_of(&pool, &large(), &file).await.err().expect(name);
        assert!(made.to_string().contains("parts"), "{name}: {made}");
    }
}

#[tokio::test]
async fn text_and_profiles_that_inflate_to_anything_are_not_inflated() {
    let bomb = zlib_zeros(64 << 20);
    let png = pictures::png((8, 8), pictures::noise);
    let text = [b"a\0\0".as_slice(), &bomb].concat();
    let pool = pool();
    for kind in [*b"iCCP", *b"zTXt"] {
        assert_eq!(code_of(&pool, &pictures::with_chunk(&png, kind, &text)).await, "ok");
    }
}
