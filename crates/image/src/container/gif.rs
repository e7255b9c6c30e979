//! GIF: blocks from the screen descriptor to the trailer, GIF89a §12 ff.

use super::Cursor;
use crate::error::Refusal;

/// Bytes of signature and logical screen descriptor.
const HEADER_BYTES: usize = 13;

/// A block.
#[derive(Debug)]
pub(crate) enum Block<'a> {
    /// An image with its descriptor, palette and data.
    Image {
        /// All of it.
        whole: &'a [u8],
    },
    /// An extension.
    Extension {
        /// What it is.
        label: u8,
        /// The first of its sub-blocks, which names an application.
        first: &'a [u8],
        /// All of it.
        whole: &'a [u8],
    },
}

/// Signature, screen descriptor and global palette, and the blocks up to the trailer, which has to be there.
#[derive(Debug)]
pub(crate) struct Blocks<'a> {
    pub(crate) head: &'a [u8],
    cursor: Cursor<'a>,
    has_ended: bool,
}

/// Walks a GIF.
pub(crate) fn blocks(bytes: &[u8]) -> Result<Blocks<'_>, Refusal> {
    let mut cursor = Cursor::new(bytes);
    let header: [u8; HEADER_BYTES] = cursor.array()?;
    cursor.take(palette_bytes(header[10]))?;
    Ok(Blocks { head: cursor.since(0), cursor, has_ended: false })
}

/// Width and height of the screen.
pub(crate) fn size(head: &[u8]) -> Option<(u32, u32)> {
    let [a, b, c, d] = *head.get(6..)?.first_chunk()?;
    Some((u16::from_le_bytes([a, b]).into(), u16::from_le_bytes([c, d]).into()))
}

/// Bytes of the palette that packed flags announce.
fn palette_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

impl<'a> Blocks<'a> {
    fn read(&mut self) -> Result<Option<Block<'a>>, Refusal> {
        self.cursor.count_part()?;
        let start = self.cursor.position();
        match self.cursor.byte()? {
            0x3b => Ok(None),
            0x2c => {
                let descriptor: [u8; 9] = self.cursor.array()?;
                self.cursor.take(palette_bytes(descriptor[8]))?;
                let _code_size = self.cursor.byte()?;
                self.sub_blocks()?;
                Ok(Some(Block::Image { whole: self.cursor.since(start) }))
            }
            0x21 => {
                let label = self.cursor.byte()?;
                let first = self.sub_blocks()?;
                Ok(Some(Block::Extension { label, first, whole: self.cursor.since(start) }))
            }
            _ => Err(Refusal::corrupt("a block of no kind")),
        }
    }

    /// Passes over the sub-blocks; the first one.
    fn sub_blocks(&mut self) -> Result<&'a [u8], Refusal> {
        let mut first = None;
        loop {
            match usize::from(self.cursor.byte()?) {
                0 => return Ok(first.unwrap_or_default()),
                length => {
                    let block = self.cursor.take(length)?;
                    first.get_or_insert(block);
                }
            }
        }
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Block<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let read = self.read();
        self.has_ended = !matches!(read, Ok(Some(_)));
        read.transpose()
    }
}
