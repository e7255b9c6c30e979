//! GIF: screen and frames. It has no orientation, and its rare profiles are not looked at.

use super::{Header, pixels};
use crate::container::gif::{Block, blocks, size};
use crate::error::Refusal;
use crate::format::Format;
use crate::orient::Orientation;

/// Bytes of a pixel on the canvas.
const BYTES_PER_PIXEL: u64 = 4;

pub(super) fn read(bytes: &[u8]) -> Result<Header<'_>, Refusal> {
    let mut blocks = blocks(bytes)?;
    let (width, height) = size(blocks.head).unwrap_or_default();
    let mut frames = 0;
    for block in &mut blocks {
        frames += u32::from(matches!(block?, Block::Image { .. }));
    }
    if frames == 0 {
        return Err(Refusal::corrupt("no picture"));
    }
    Ok(Header {
        format: Format::Gif,
        width,
        height,
        orientation: Orientation::Upright,
        profile: None,
        frames,
        is_usual: true,
        decoded_bytes: pixels(width, height) * BYTES_PER_PIXEL,
    })
}
