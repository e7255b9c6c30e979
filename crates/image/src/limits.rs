//! What an image may ask for at most, checked from its header before anything is decoded.

use crate::error::Refusal;
use crate::header::Header;

/// Bytes of a file. A PNG of a 24-megapixel camera has 30 million.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Pixels of one picture; the cameras of phones make 12 to 50 million, and scale the latter down unless told otherwise.
pub const MAX_PIXELS: u64 = 40_000_000;

/// Pixels of a side, the most that WebP can store.
pub const MAX_SIDE: u32 = 16_383;

/// Frames of an animation that is kept as one.
pub const MAX_FRAMES: u32 = 300;

/// Pixels of an animation that is kept as one, over all its frames: every one of them is drawn on the whole canvas.
pub(crate) const MAX_ANIMATION_PIXELS: u64 = 100_000_000;

/// Variants of one image.
pub const MAX_VARIANTS: usize = 16;

/// Bytes that decoding holds at the same time, beside the file: pixels, or coefficients of a JPEG in several scans.
pub(crate) const MAX_DECODED_BYTES: u64 = 160 * 1024 * 1024;

/// Scans of a JPEG. Encoders write 10; every further one costs a walk over the whole picture.
pub(crate) const MAX_SCANS: u32 = 50;

/// Chunks, segments or blocks of a file; PNGs with rows in chunks of their own have thousands.
pub(crate) const MAX_PARTS: u32 = 100_000;

/// Bytes of a colour profile, inflated. Profiles of printing presses have some 600,000.
pub(crate) const MAX_PROFILE_BYTES: usize = 1024 * 1024;

/// Processor seconds of one image; a still of 40 million pixels takes 2.
pub(crate) const CPU_SECONDS: u64 = 10;

/// Processor seconds of one animation: 100 million pixels are 108 pictures of 1280x720.
pub(crate) const ANIMATION_CPU_SECONDS: u64 = 30;

/// Checks size and memory of one picture, and of the whole animation where one is wanted.
pub(crate) fn check(header: &Header<'_>, is_animation_wanted: bool) -> Result<(), Refusal> {
    let (width, height) = (header.width, header.height);
    if width == 0 || height == 0 {
        return Err(Refusal::corrupt("a side of 0 pixels"));
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(too_large(format!("{width}x{height} pixels, at most {MAX_SIDE} a side are accepted")));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(too_large(format!("{pixels} pixels, at most {MAX_PIXELS} are accepted")));
    }
    if header.decoded_bytes > MAX_DECODED_BYTES {
        let bytes = header.decoded_bytes;
        return Err(too_large(format!(
            "{bytes} bytes when decoded, at most {MAX_DECODED_BYTES} are accepted"
        )));
    }
    if is_animation_wanted {
        check_animation(header.frames, pixels)?;
    }
    Ok(())
}

fn check_animation(frames: u32, pixels: u64) -> Result<(), Refusal> {
    if frames > MAX_FRAMES {
        return Err(too_large(format!("{frames} frames, at most {MAX_FRAMES} are accepted")));
    }
    let all = u64::from(frames) * pixels;
    if frames > 1 && all > MAX_ANIMATION_PIXELS {
        return Err(too_large(format!(
            "{all} pixels in all frames, at most {MAX_ANIMATION_PIXELS} are accepted"
        )));
    }
    Ok(())
}

fn too_large(detail: String) -> Refusal {
    Refusal::TooLarge { detail }
}
