//! JPEG, by libjpeg-turbo: in YCbCr where that is what is stored, which most are; as RGB or inks otherwise. Warnings are
//! errors: a half-grey picture is none.

use turbojpeg::{
    Colorspace, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage, yuv_pixels_len,
};

use super::planes::{Plane, Planes};
use super::{Kind, Picture, Raster};
use crate::color::Profile;
use crate::container::jpeg::{Part, SOS, parts};
use crate::error::Refusal;
use crate::header::Header;
use crate::limits::MAX_SCANS;

const APP14: u8 = 0xee;

/// The neutral colour.
const NEUTRAL: u8 = 128;

pub(super) fn decode(
    bytes: &[u8],
    header: &Header<'_>,
    profile: Option<&Profile>,
    target: (u32, u32),
) -> Result<Picture, Refusal> {
    let mut decompressor = Decompressor::new()?;
    decompressor.set_scan_limit(MAX_SCANS)?;
    let info = decompressor.read_header(bytes)?;
    let shrink = shrink((header.width, header.height), target);
    decompressor.set_scaling_factor(ScalingFactor::new(1, shrink as usize))?;
    let decoder = Decoder { decompressor, bytes, stored: (header.width, header.height), shrink };
    let has_planes = matches!(info.colorspace, Colorspace::YCbCr | Colorspace::Gray);
    match info.subsamp {
        Subsamp::None | Subsamp::Sub2x1 | Subsamp::Sub2x2 | Subsamp::Sub1x2 | Subsamp::Gray
            if has_planes && profile.is_none() =>
        {
            decoder.planes(info.subsamp).map(Picture::Planes)
        }
        _ => decoder.raster(info.colorspace).map(Picture::Raster),
    }
}

/// The most that the decoder may scale down by itself: it averages, the rest is up to a better filter.
fn shrink(stored: (u32, u32), target: (u32, u32)) -> u32 {
    let fits = |factor: &u32| stored.0 >= factor * target.0 && stored.1 >= factor * target.1;
    [8, 4, 2].into_iter().find(fits).unwrap_or(1)
}

struct Decoder<'a> {
    decompressor: Decompressor,
    bytes: &'a [u8],
    stored: (u32, u32),
    shrink: u32,
}

impl Decoder<'_> {
    /// Pixels across and down as they are decoded.
    fn size(&self) -> (u32, u32) {
        (self.stored.0.div_ceil(self.shrink), self.stored.1.div_ceil(self.shrink))
    }

    /// How much of them is the picture.
    fn extent(&self) -> (f64, f64) {
        let shrink = f64::from(self.shrink);
        (f64::from(self.stored.0) / shrink, f64::from(self.stored.1) / shrink)
    }

    fn planes(mut self, subsamp: Subsamp) -> Result<Planes, Refusal> {
        let (size, extent) = (self.size(), self.extent());
        let (width, height) = (size.0 as usize, size.1 as usize);
        let length = yuv_pixels_len(width, 1, height, subsamp)?;
        let mut samples = vec![0; length];
        let image = YuvImage { pixels: samples.as_mut_slice(), width, align: 1, height, subsamp };
        self.decompressor.decompress_to_yuv(self.bytes, image)?;
        if subsamp == Subsamp::Gray {
            samples.resize(length + 2 * width.div_ceil(2) * height.div_ceil(2), NEUTRAL);
            return Ok(Planes::new(samples, size).with_extent(extent, (2, 2)));
        }
        #[expect(clippy::cast_possible_truncation, reason = "1 or 2")]
        let (across, down) = (subsamp.width() as u32, subsamp.height() as u32);
        // Planes are padded to whole blocks of colour.
        let padded = (size.0.next_multiple_of(across), size.1.next_multiple_of(down));
        let luma = Plane { start: 0, width: padded.0, height: padded.1, extent };
        let chroma = Plane { start: luma.len(), width: padded.0 / across, height: padded.1 / down, extent };
        let cr = Plane { start: chroma.start + chroma.len(), ..chroma };
        Ok(Planes { samples, planes: [luma, chroma, cr] }.with_extent(extent, (across, down)))
    }

    fn raster(mut self, colorspace: Colorspace) -> Result<Raster, Refusal> {
        let (format, kind) = match colorspace {
            Colorspace::Gray => (PixelFormat::GRAY, Kind::Gray),
            Colorspace::CMYK | Colorspace::YCCK => (PixelFormat::CMYK, Kind::Cmyk),
            Colorspace::RGB | Colorspace::YCbCr => (PixelFormat::RGB, Kind::Rgb),
        };
        let size = self.size();
        let (width, height, pitch) = (size.0 as usize, size.1 as usize, size.0 as usize * kind.channels());
        let mut pixels = vec![0; pitch * height];
        let image = Image { pixels: pixels.as_mut_slice(), width, pitch, height, format };
        self.decompressor.decompress(self.bytes, image)?;
        if kind == Kind::Cmyk && is_of_adobe(self.bytes) {
            // Adobe's programs store how much of each ink is missing.
            pixels.iter_mut().for_each(|ink| *ink = 255 - *ink);
        }
        Ok(Raster { extent: self.extent(), ..Raster::new(pixels, size, kind) })
    }
}

/// Whether Adobe's segment stands before the first scan.
fn is_of_adobe(bytes: &[u8]) -> bool {
    let segments = parts(bytes).into_iter().flatten().map_while(Result::ok).map_while(|part| match part {
        Part::Segment { marker: SOS, .. } | Part::Scan(_) => None,
        Part::Segment { marker, payload, .. } => Some((marker, payload)),
    });
    segments.into_iter().any(|(marker, payload)| marker == APP14 && payload.starts_with(b"Adobe"))
}

impl From<turbojpeg::Error> for Refusal {
    fn from(error: turbojpeg::Error) -> Self {
        Self::corrupt(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoder_scales_down_as_far_as_the_target_allows() {
        assert_eq!(shrink((1920, 1080), (1280, 720)), 1);
        assert_eq!(shrink((2560, 1440), (1280, 720)), 2);
        assert_eq!(shrink((3264, 2448), (960, 720)), 2);
        assert_eq!(shrink((12_000, 9000), (960, 720)), 8);
        assert_eq!(shrink((2559, 1440), (1280, 720)), 1);
    }
}
