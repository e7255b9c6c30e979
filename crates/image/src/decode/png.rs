//! PNG, row by row to 8 bits a channel; palettes and transparent colours are resolved. Checksums hold.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use super::{Kind, Raster};
use crate::error::Refusal;
use crate::limits::MAX_DECODED_BYTES;

pub(super) fn decode(bytes: &[u8]) -> Result<Raster, Refusal> {
    #[expect(clippy::cast_possible_truncation, reason = "160 MiB")]
    let limits = Limits { bytes: MAX_DECODED_BYTES as usize };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    // The header has read it already, with a limit.
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info()?;
    let kind = match reader.output_color_type() {
        (ColorType::Grayscale, BitDepth::Eight) => Kind::Gray,
        (ColorType::GrayscaleAlpha, BitDepth::Eight) => Kind::GrayAlpha,
        (ColorType::Rgb, BitDepth::Eight) => Kind::Rgb,
        (ColorType::Rgba, BitDepth::Eight) => Kind::Rgba,
        (color, depth) => return Err(Refusal::corrupt(format!("{color:?} of {depth:?} bits"))),
    };
    let size = (reader.info().width, reader.info().height);
    let mut pixels = vec![0; size.0 as usize * size.1 as usize * kind.channels()];
    reader.next_frame(&mut pixels)?;
    reader.finish()?;
    Ok(Raster::new(pixels, size, kind))
}

impl From<png::DecodingError> for Refusal {
    fn from(error: png::DecodingError) -> Self {
        Self::corrupt(error.to_string())
    }
}
