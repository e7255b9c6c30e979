//! WebP: one picture, or frame after frame.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{Kind, Raster};
use crate::encode::webp::Loops;
use crate::error::Refusal;
use crate::limits::MAX_DECODED_BYTES;

pub(super) fn decode(bytes: &[u8]) -> Result<Raster, Refusal> {
    let mut frames = Frames::open(bytes)?;
    let mut raster = frames.blank();
    frames.decoder.read_image(&mut raster.pixels)?;
    Ok(raster)
}

/// The frames of an animation, each drawn on those before it.
pub(crate) struct Frames<'a> {
    decoder: WebPDecoder<Cursor<&'a [u8]>>,
}

impl<'a> Frames<'a> {
    /// Opens a file whose structure was checked.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut decoder = WebPDecoder::new(Cursor::new(bytes))?;
        #[expect(clippy::cast_possible_truncation, reason = "160 MiB")]
        decoder.set_memory_limit(MAX_DECODED_BYTES as usize);
        Ok(Self { decoder })
    }

    /// How often it is played.
    pub(crate) fn loops(&self) -> Loops {
        match self.decoder.loop_count() {
            image_webp::LoopCount::Forever => Loops::FOREVER,
            image_webp::LoopCount::Times(times) => Loops::times(times.get()),
        }
    }

    /// The next frame and the milliseconds that it is shown.
    pub(crate) fn next(&mut self) -> Result<(Raster, u32), Refusal> {
        let mut raster = self.blank();
        let shown_ms = self.decoder.read_frame(&mut raster.pixels)?;
        Ok((raster, shown_ms))
    }

    fn blank(&self) -> Raster {
        let size = self.decoder.dimensions();
        let kind = if self.decoder.has_alpha() { Kind::Rgba } else { Kind::Rgb };
        Raster::new(vec![0; size.0 as usize * size.1 as usize * kind.channels()], size, kind)
    }
}

impl From<image_webp::DecodingError> for Refusal {
    fn from(error: image_webp::DecodingError) -> Self {
        Self::corrupt(error.to_string())
    }
}
