//! Animations that stay animations.

use image_webp::{LoopCount, WebPDecoder};
use std::io::Cursor;
use telecine_image::{Format, Kept, Wish};

use crate::pictures::gif;
use crate::support::{Made, boxed, large, make, make_of, pool, shared};

const COLORS: [[u8; 3]; 3] = [[200, 30, 30], [30, 180, 30], [30, 30, 200]];

/// Colours in the middle of each frame, and the milliseconds that it is shown.
fn frames(made: &Made) -> Vec<([u8; 3], u32)> {
    let bytes = made.bytes();
    let mut decoder = WebPDecoder::new(Cursor::new(&bytes)).expect("WebP");
    assert!(decoder.is_animated() && decoder.loop_count() == LoopCount::Forever);
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let (width, height) = decoder.dimensions();
    let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
    let middle = ((height / 2 * width + width / 2) * channels) as usize;
    let frames = decoder.num_frames();
    let mut next = |_| {
        let shown_ms = decoder.read_frame(&mut pixels).expect("a frame");
        ([pixels[middle], pixels[middle + 1], pixels[middle + 2]], shown_ms)
    };
    (0..frames).map(&mut next).collect()
}

#[tokio::test]
async fn an_animation_stays_one_where_that_is_wished() {
    let pool = pool();
    let file = gif((64, 48), &COLORS);
    let wish = Wish { animated: true, ..boxed(32, 32) };
    let made = make_of(&pool, &wish, &file).await.expect("taken");
    let first = made.first();
    assert_eq!((first.format, first.width, first.height, first.frames), (Format::WebP, 32, 24, 3));
    if first.kept == Kept::WebP {
        let seen = frames(&made);
        assert_eq!(seen.iter().map(|(_, shown_ms)| *shown_ms).collect::<Vec<_>>(), [50, 50, 50]);
        for ((found, _), expected) in seen.iter().zip(COLORS) {
            assert!(found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 12), "{found:?} {expected:?}");
        }
    }
    // And of WebP itself.
    let again =
        make_of(&pool, &Wish { animated: true, ..boxed(16, 16) }, &made.bytes()).await.expect("taken");
    assert_eq!((again.first().width, again.first().height, again.first().frames), (16, 12, 3));
    let still = make_of(&pool, &large(), &file).await.expect("taken");
    assert_eq!((still.first().frames, still.report.source.frames), (1, 3));
}

#[tokio::test]
async fn an_animation_of_the_collection_stays_one() {
    let Some(file) = shared("formats/anim.gif") else { return };
    let made = make(&pool(), &Wish { animated: true, ..large() }, &file).await.expect("taken");
    assert_eq!((made.first().width, made.first().height, made.first().frames), (80, 80, 30));
    assert_eq!(made.first().kept, Kept::WebP);
    // Equal frames may become one.
    let seen = frames(&made);
    assert!((2..=30).contains(&seen.len()), "{}", seen.len());
}

#[tokio::test]
async fn a_still_picture_is_no_animation_whatever_is_wished() {
    let file = gif((64, 48), &COLORS[..1]);
    let made = make_of(&pool(), &Wish { animated: true, ..large() }, &file).await.expect("taken");
    assert_eq!(made.first().frames, 1);
}
