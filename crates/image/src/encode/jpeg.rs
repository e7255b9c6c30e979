//! JPEG, by libjpeg-turbo: 4:2:0, in several scans, with Huffman tables of its own, and without any metadata. Scans from coarse
//! to fine take fewer bytes than a single one, and every reader knows them.

use std::borrow::Cow;

use turbojpeg::{Compressor, Image, OutputBuf, PixelFormat, Subsamp, YuvImage};

use super::EncodeError;
use crate::decode::{Kind, Picture, Planes, Raster};

/// What transparent pixels are laid over: mail is read on it.
const WHITE: u8 = 255;

/// Encodes a finished picture. Quality is 0 to 100, as for WebP; libjpeg-turbo knows 1 to 100.
pub(crate) fn encode(picture: &Picture, quality: f32) -> Result<Vec<u8>, EncodeError> {
    let mut compressor = Compressor::new()?;
    #[expect(clippy::cast_possible_truncation, reason = "1 to 100")]
    compressor.set_quality(quality.round().clamp(1.0, 100.0) as i32)?;
    compressor.set_subsamp(Subsamp::Sub2x2)?;
    compressor.set_progressive(true)?;
    let mut written = OutputBuf::new_owned();
    match picture {
        Picture::Planes(planes) => encode_planes(&mut compressor, planes, &mut written)?,
        Picture::Raster(raster) => encode_raster(&mut compressor, raster, &mut written)?,
    }
    Ok(written.to_vec())
}

fn encode_planes(
    compressor: &mut Compressor,
    planes: &Planes,
    written: &mut OutputBuf<'_>,
) -> Result<(), EncodeError> {
    let (width, height) = planes.size();
    let samples = in_pairs(planes);
    let (width, height) = (width as usize, height as usize);
    let image = YuvImage { pixels: &*samples, width, align: 1, height, subsamp: Subsamp::Sub2x2 };
    Ok(compressor.compress_yuv(image, written)?)
}

/// The samples with as many of brightness as there are pixels of colour, times four: where a side is odd, the last ones are
/// there twice.
fn in_pairs(planes: &Planes) -> Cow<'_, [u8]> {
    let (width, height) = planes.size();
    if width % 2 == 0 && height % 2 == 0 {
        return Cow::Borrowed(&planes.samples);
    }
    let mut rows: Vec<&[u8]> = planes.plane(0).chunks_exact(width as usize).collect();
    rows.extend((height % 2 == 1).then(|| rows.last().copied()).flatten());
    let mut samples = Vec::with_capacity(planes.samples.len() + rows.len() + width as usize + 1);
    for row in rows {
        samples.extend(row);
        samples.extend((width % 2 == 1).then(|| row.last()).flatten());
    }
    samples.extend([planes.plane(1), planes.plane(2)].concat());
    Cow::Owned(samples)
}

fn encode_raster(
    compressor: &mut Compressor,
    raster: &Raster,
    written: &mut OutputBuf<'_>,
) -> Result<(), EncodeError> {
    let pixels = match raster.kind {
        Kind::Rgb => Cow::Borrowed(raster.pixels.as_slice()),
        Kind::Rgba => Cow::Owned(on_white(&raster.pixels)),
        _ => return Err(EncodeError("not RGB or RGBA".to_owned())),
    };
    let (width, height) = (raster.size.0 as usize, raster.size.1 as usize);
    let image = Image { pixels: &*pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
    Ok(compressor.compress(image, written)?)
}

/// RGBA as RGB on white.
fn on_white(pixels: &[u8]) -> Vec<u8> {
    let (pixels, _) = pixels.as_chunks::<4>();
    pixels.iter().flat_map(|&[r, g, b, alpha]| [r, g, b].map(|channel| mix(channel, alpha))).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "between the channel and white")]
fn mix(channel: u8, alpha: u8) -> u8 {
    let (channel, alpha) = (u32::from(channel), u32::from(alpha));
    ((channel * alpha + u32::from(WHITE) * (255 - alpha) + 127) / 255) as u8
}

impl From<turbojpeg::Error> for EncodeError {
    fn from(error: turbojpeg::Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_through_is_mixed_with_white() {
        assert_eq!(
            on_white(&[10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128]),
            [10, 20, 30, 255, 255, 255, 127, 127, 127]
        );
    }

    #[test]
    fn odd_sides_are_made_even_by_what_is_last() {
        let planes = Planes::new(vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 30, 31, 32, 33], (3, 3));
        let luma = [1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 7, 8, 9, 9];
        assert_eq!(*in_pairs(&planes), [luma.as_slice(), &[20, 21, 22, 23, 30, 31, 32, 33]].concat());
        let planes = Planes::new(vec![1, 2, 3, 4, 20, 30], (2, 2));
        assert!(matches!(in_pairs(&planes), Cow::Borrowed(_)));
    }
}
