//! Files made for a test, by other encoders than the ones under test.

use std::io::Write;

use png::{BitDepth, ColorType};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

/// Pixels as RGB.
pub(crate) type Paint = fn(x: u32, y: u32, size: (u32, u32)) -> [u8; 3];

/// Four quarters: red, green, blue, white.
pub(crate) fn quarters(x: u32, y: u32, (width, height): (u32, u32)) -> [u8; 3] {
    match (x < width / 2, y < height / 2) {
        (true, true) => [200, 30, 30],
        (false, true) => [30, 180, 30],
        (true, false) => [30, 30, 200],
        (false, false) => [240, 240, 240],
    }
}

/// Something that no encoder makes small.
pub(crate) fn noise(x: u32, y: u32, _: (u32, u32)) -> [u8; 3] {
    let mixed = (x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0xc2b2_ae35);
    let [a, b, c, _] = (mixed ^ (mixed >> 15)).to_be_bytes();
    [a, b, c]
}

/// Black and white at random: two colours take few bits, unless they are made into waves.
pub(crate) fn sparks(x: u32, y: u32, size: (u32, u32)) -> [u8; 3] {
    [(noise(x, y, size)[0] & 1) * 255; 3]
}

/// One colour of so many pixels, without asking for each.
pub(crate) fn plain_jpeg(size: (u32, u32), subsamp: Subsamp, is_progressive: bool) -> Vec<u8> {
    encode_jpeg(size, &vec![9; size.0 as usize * size.1 as usize * 3], subsamp, is_progressive, 95)
}

/// A JPEG of so low a quality that nothing makes it smaller.
pub(crate) fn coarse_jpeg(size: (u32, u32), paint: Paint, is_progressive: bool) -> Vec<u8> {
    encode_jpeg(size, &rgb(size, paint), Subsamp::Sub2x2, is_progressive, 5)
}

pub(crate) fn rgb(size: (u32, u32), paint: Paint) -> Vec<u8> {
    (0..size.1).flat_map(|y| (0..size.0).flat_map(move |x| paint(x, y, size))).collect()
}

/// A JPEG in one scan or in many.
pub(crate) fn jpeg_with(size: (u32, u32), paint: Paint, subsamp: Subsamp, is_progressive: bool) -> Vec<u8> {
    encode_jpeg(size, &rgb(size, paint), subsamp, is_progressive, 95)
}

fn encode_jpeg(
    size: (u32, u32),
    pixels: &[u8],
    subsamp: Subsamp,
    is_progressive: bool,
    quality: i32,
) -> Vec<u8> {
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_subsamp(subsamp).expect("known");
    compressor.set_quality(quality).expect("known");
    compressor.set_progressive(is_progressive).expect("known");
    let image = Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
    compressor.compress_to_vec(image).expect("a JPEG")
}

pub(crate) fn jpeg(size: (u32, u32), paint: Paint) -> Vec<u8> {
    jpeg_with(size, paint, Subsamp::Sub2x2, false)
}

/// Puts a segment behind the start of image.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).expect("a segment");
    [&jpeg[..2], &[0xff, marker], &length.to_be_bytes(), payload, &jpeg[2..]].concat()
}

/// An EXIF block with an orientation, and a position on earth.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    tiff.extend([0, 2]);
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    tiff.extend([0; 4]);
    // The directory of GPS: 43° 28' north.
    tiff.extend([0, 2]);
    tiff.extend([0, 1, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0]);
    tiff.extend([0, 2, 0, 5, 0, 0, 0, 3, 0, 0, 0, 68]);
    tiff.extend([0; 4]);
    for degrees in [43_u32, 28, 0] {
        tiff.extend(degrees.to_be_bytes());
        tiff.extend(1_u32.to_be_bytes());
    }
    tiff
}

/// The same with what stands before it in a JPEG.
pub(crate) fn exif_segment(orientation: u8) -> Vec<u8> {
    [b"Exif\0\0".as_slice(), &exif(orientation)].concat()
}

/// A PNG of any kind of pixels.
pub(crate) fn png_with(size: (u32, u32), color: ColorType, depth: BitDepth, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size.0, size.1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(pixels).expect("pixels");
    writer.finish().expect("a PNG");
    file
}

pub(crate) fn png(size: (u32, u32), paint: Paint) -> Vec<u8> {
    png_with(size, ColorType::Rgb, BitDepth::Eight, &rgb(size, paint))
}

/// Puts a chunk behind the header.
pub(crate) fn with_chunk(png: &[u8], kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let header_end = 8 + 25;
    let mut chunk = u32::try_from(data.len()).expect("a chunk").to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(data);
    chunk.extend(crc32(&chunk[4..]).to_be_bytes());
    [&png[..header_end], &chunk, &png[header_end..]].concat()
}

/// The checksum of PNG, W3C PNG annex D.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// zlib data that inflates to zeros.
pub(crate) fn zlib_zeros(bytes: usize) -> Vec<u8> {
    let mut compressor = fdeflate::Compressor::new(Vec::new()).expect("memory");
    let chunk = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        compressor.write_data(&chunk).expect("memory");
    }
    compressor.finish().expect("memory")
}

/// A GIF of frames in one colour each, shown for 50 ms. Two shades of it that nobody tells apart take turns at random, so that
/// the file is not small.
pub(crate) fn gif(size: (u16, u16), colors: &[[u8; 3]]) -> Vec<u8> {
    let palette: Vec<_> = colors.iter().flat_map(|&[r, g, b]| [[r, g, b], [r, g, b ^ 1]]).collect();
    gif_of_pairs(size, &palette)
}

/// A GIF with a frame for each pair of colours, which take turns at random.
pub(crate) fn gif_of_pairs(size: (u16, u16), palette: &[[u8; 3]]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, size.0, size.1, &palette.concat()).expect("a GIF");
    encoder.set_repeat(gif::Repeat::Infinite).expect("room");
    for first in (0..palette.len()).step_by(2) {
        let first = u8::try_from(first).expect("256 colours");
        let one_of_two = |place: u32| first + (noise(place, 1, (1, 1))[0] & 1);
        let pixels: Vec<u8> = (0..u32::from(size.0) * u32::from(size.1)).map(one_of_two).collect();
        let (width, height) = size;
        let frame = gif::Frame { width, height, delay: 5, buffer: pixels.into(), ..gif::Frame::default() };
        encoder.write_frame(&frame).expect("room");
    }
    drop(encoder);
    file
}

/// A chunk of a RIFF container.
pub(crate) fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = kind.to_vec();
    chunk.extend(u32::try_from(data.len()).expect("a chunk").to_le_bytes());
    chunk.write_all(data).expect("memory");
    chunk.extend(std::iter::repeat_n(0, data.len() % 2));
    chunk
}

/// A WebP of chunks.
pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP".as_slice(), &chunks.concat()].concat();
    [b"RIFF".as_slice(), &u32::try_from(body.len()).expect("a file").to_le_bytes(), &body].concat()
}

/// A lossless WebP by an encoder that is not ours.
pub(crate) fn webp(size: (u32, u32), paint: Paint) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    encoder.encode(&rgb(size, paint), size.0, size.1, image_webp::ColorType::Rgb8).expect("a WebP");
    file
}

/// The same with an extended header and these chunks behind the picture.
pub(crate) fn extended_webp(size: (u32, u32), paint: Paint, flags: u8, more: &[Vec<u8>]) -> Vec<u8> {
    let plain = webp(size, paint);
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let header = [vec![flags, 0, 0, 0], side(size.0), side(size.1)].concat();
    riff(&[&[riff_chunk(b"VP8X", &header), plain[12..].to_vec()], more].concat())
}
