//! GIF: screen, palettes, images, how they follow each other and how often stay; comments, text and what applications add go.

use super::Stripped;
use crate::container::gif::{Block, blocks};
use crate::error::Refusal;

/// The extension before an image: how long it is shown, and what is transparent.
const GRAPHIC_CONTROL: u8 = 0xf9;
/// An extension of some application.
const APPLICATION: u8 = 0xff;
/// The one that says how often an animation is played.
const LOOPS: &[u8] = b"NETSCAPE2.0";

/// Bytes of that extension as every decoder expects it; programs that put more into it have put it there for themselves.
const LOOPS_BYTES: usize = 19;

/// Bytes of a graphic control extension.
const CONTROL_BYTES: usize = 8;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped<'_>, Refusal> {
    let mut stripped = Stripped::default();
    let blocks = blocks(bytes)?;
    stripped.push(blocks.head);
    for block in blocks {
        match block? {
            Block::Image { whole } => stripped.push(whole),
            Block::Extension { label: GRAPHIC_CONTROL, whole, .. } if whole.len() == CONTROL_BYTES => {
                stripped.push(whole);
            }
            Block::Extension { label: APPLICATION, first: LOOPS, whole } if whole.len() == LOOPS_BYTES => {
                stripped.push(whole);
            }
            Block::Extension { .. } => {}
        }
    }
    stripped.push(&[0x3b][..]);
    Ok(stripped)
}
