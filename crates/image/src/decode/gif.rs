//! GIF: frames of parts of the screen, drawn on those before them, GIF89a §23.

use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, DisposalMethod, Frame, MemoryLimit, Repeat};

use super::{Kind, Raster};
use crate::encode::webp::Loops;
use crate::error::Refusal;
use crate::limits::MAX_DECODED_BYTES;

/// Milliseconds of a frame that says 0 or 1 hundredths of a second: what browsers make of it.
const HASTY_FRAME_MS: u32 = 100;

pub(super) fn decode(bytes: &[u8]) -> Result<Raster, Refusal> {
    Frames::open(bytes)?.next().map(|(raster, _)| raster)
}

/// The frames of an animation.
pub(crate) struct Frames<'a> {
    decoder: gif::Decoder<&'a [u8]>,
    canvas: Raster,
    /// What has to be done to the canvas before the next frame.
    disposal: Disposal,
}

enum Disposal {
    Keep,
    Clear(Area),
    Restore(Vec<u8>),
}

/// A part of the canvas, in pixels.
#[derive(Clone, Copy)]
struct Area {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl<'a> Frames<'a> {
    /// Opens a file whose structure was checked.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::RGBA);
        options.set_memory_limit(
            NonZeroU64::new(MAX_DECODED_BYTES).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes),
        );
        let decoder = options.read_info(bytes)?;
        let size = (u32::from(decoder.width()), u32::from(decoder.height()));
        let canvas = Raster::new(vec![0; size.0 as usize * size.1 as usize * 4], size, Kind::Rgba);
        Ok(Self { decoder, canvas, disposal: Disposal::Keep })
    }

    /// How often it is played.
    pub(crate) fn loops(&self) -> Loops {
        match self.decoder.repeat() {
            Repeat::Infinite => Loops::FOREVER,
            // Repeated once is played twice.
            Repeat::Finite(times) => Loops::times(times.saturating_add(1)),
        }
    }

    /// The next frame and the milliseconds that it is shown.
    pub(crate) fn next(&mut self) -> Result<(Raster, u32), Refusal> {
        self.dispose();
        let frame = self.decoder.read_next_frame()?;
        let frame = frame.ok_or_else(|| Refusal::corrupt("a frame is missing"))?;
        let area = Area::of(frame, self.canvas.size);
        self.disposal = match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
            DisposalMethod::Background => Disposal::Clear(area),
            DisposalMethod::Previous => Disposal::Restore(self.canvas.pixels.clone()),
        };
        let shown_ms = if frame.delay <= 1 { HASTY_FRAME_MS } else { u32::from(frame.delay) * 10 };
        draw(frame, area, &mut self.canvas);
        Ok((self.canvas.clone(), shown_ms))
    }

    fn dispose(&mut self) {
        match std::mem::replace(&mut self.disposal, Disposal::Keep) {
            Disposal::Keep => {}
            Disposal::Clear(area) => {
                for row in 0..area.height {
                    area.row(row, &mut self.canvas).fill(0);
                }
            }
            Disposal::Restore(pixels) => self.canvas.pixels = pixels,
        }
    }
}

impl Area {
    /// The part of a frame that lies on the canvas.
    fn of(frame: &Frame<'_>, (width, height): (u32, u32)) -> Self {
        let (left, top) =
            (usize::from(frame.left).min(width as usize), usize::from(frame.top).min(height as usize));
        let width = usize::from(frame.width).min(width as usize - left);
        Self { left, top, width, height: usize::from(frame.height).min(height as usize - top) }
    }

    fn row(self, row: usize, canvas: &mut Raster) -> &mut [u8] {
        let start = ((self.top + row) * canvas.size.0 as usize + self.left) * 4;
        &mut canvas.pixels[start..start + self.width * 4]
    }
}

fn draw(frame: &Frame<'_>, area: Area, canvas: &mut Raster) {
    let stride = usize::from(frame.width) * 4;
    for (row, pixels) in frame.buffer.chunks_exact(stride.max(1)).take(area.height).enumerate() {
        let (drawn, _) = area.row(row, canvas).as_chunks_mut::<4>();
        let (pixels, _) = pixels.as_chunks::<4>();
        for (drawn, pixel) in drawn.iter_mut().zip(pixels) {
            if pixel[3] != 0 {
                *drawn = *pixel;
            }
        }
    }
}

impl From<gif::DecodingError> for Refusal {
    fn from(error: gif::DecodingError) -> Self {
        Self::corrupt(error.to_string())
    }
}
