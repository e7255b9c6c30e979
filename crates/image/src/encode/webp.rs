//! WebP, by libwebp. The unsafe code of this crate is here, in `webp/animation.rs` and in `pages.rs`: calls into C, each with
//! what makes it right.

#![expect(unsafe_code, reason = "libwebp is C, and no safe crate takes planes or makes animations")]

mod animation;

use std::ffi::c_int;

use libwebp_sys::{
    WebPConfig, WebPEncCSP, WebPEncode, WebPPicture, WebPPictureFree, WebPPictureImportRGB,
    WebPPictureImportRGBA, WebPPreset,
};

use super::EncodeError;
use crate::decode::{Kind, Picture, Planes, Raster};

pub(crate) use animation::{Animation, Loops};

/// How to encode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// 0 to 100.
    pub(crate) quality: f32,
    /// 0 to 6.
    pub(crate) effort: u8,
}

/// Encodes a finished picture, lossy. It is taken, so that the range of its planes can be changed where they are.
pub(crate) fn encode(picture: Picture, settings: Settings) -> Result<Vec<u8>, EncodeError> {
    let config = config(settings)?;
    match picture {
        Picture::Planes(planes) => encode_planes(&planes.into_limited_range(), &config),
        Picture::Raster(raster) => encode_raster(&raster, &config),
    }
}

fn encode_planes(planes: &Planes, config: &WebPConfig) -> Result<Vec<u8>, EncodeError> {
    let mut input = Input::new(planes.size())?;
    let [luma, cb, _] = &planes.planes;
    debug_assert!(cb.width >= luma.width.div_ceil(2) && cb.height >= luma.height.div_ceil(2), "4:2:0");
    let webp = &mut input.0;
    webp.colorspace = WebPEncCSP::WEBP_YUV420;
    (webp.y_stride, webp.uv_stride) = (c_side(luma.width)?, c_side(cb.width)?);
    // The encoder only reads from pictures without alpha, whatever the type of its pointers says.
    webp.y = planes.plane(0).as_ptr().cast_mut();
    webp.u = planes.plane(1).as_ptr().cast_mut();
    webp.v = planes.plane(2).as_ptr().cast_mut();
    // SAFETY: the pointers reach height times stride bytes of planes that outlive the call, as `Planes` has it.
    unsafe { input.encode(config) }
}

fn encode_raster(raster: &Raster, config: &WebPConfig) -> Result<Vec<u8>, EncodeError> {
    let mut input = Input::new(raster.size)?;
    input.import(raster)?;
    // SAFETY: the import has made planes of this size, which belong to the picture.
    unsafe { input.encode(config) }
}

fn config(settings: Settings) -> Result<WebPConfig, EncodeError> {
    let mut config = WebPConfig::new_with_preset(WebPPreset::WEBP_PRESET_DEFAULT, settings.quality)
        .map_err(|()| EncodeError("another version of libwebp".to_owned()))?;
    config.method = c_int::from(settings.effort);
    Ok(config)
}

fn c_side(side: u32) -> Result<c_int, EncodeError> {
    c_int::try_from(side).map_err(|_| EncodeError("too large".to_owned()))
}

/// libwebp's picture, freed when dropped.
struct Input(WebPPicture);

impl Input {
    fn new((width, height): (u32, u32)) -> Result<Self, EncodeError> {
        let mut webp =
            WebPPicture::new().map_err(|()| EncodeError("another version of libwebp".to_owned()))?;
        (webp.width, webp.height) = (c_side(width)?, c_side(height)?);
        Ok(Self(webp))
    }

    /// Copies RGB or RGBA in, as planes unless `use_argb` was set.
    fn import(&mut self, raster: &Raster) -> Result<(), EncodeError> {
        let stride = c_side(raster.size.0)? * if raster.kind == Kind::Rgba { 4 } else { 3 };
        let bytes = raster.size.1 as usize * usize::try_from(stride).unwrap_or_default();
        if raster.pixels.len() != bytes || !matches!(raster.kind, Kind::Rgb | Kind::Rgba) {
            return Err(EncodeError("not RGB or RGBA".to_owned()));
        }
        let pixels = raster.pixels.as_ptr();
        // SAFETY: the picture has the raster's size, and the pixels are as many as height times stride.
        let is_imported = unsafe {
            match raster.kind {
                Kind::Rgba => WebPPictureImportRGBA(&raw mut self.0, pixels, stride),
                _ => WebPPictureImportRGB(&raw mut self.0, pixels, stride),
            }
        };
        if is_imported == 0 { Err(self.error()) } else { Ok(()) }
    }

    /// # Safety
    /// The planes of the picture have to be there in its size.
    unsafe fn encode(mut self, config: &WebPConfig) -> Result<Vec<u8>, EncodeError> {
        let mut written: Vec<u8> = Vec::new();
        self.0.writer = Some(append);
        self.0.custom_ptr = (&raw mut written).cast();
        // SAFETY: the caller vouches for the planes, and `append` gets the vector that it expects.
        let is_encoded = unsafe { WebPEncode(config, &raw mut self.0) };
        if is_encoded == 0 { Err(self.error()) } else { Ok(written) }
    }

    fn error(&self) -> EncodeError {
        EncodeError(format!("{:?}", self.0.error_code))
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        // SAFETY: it frees what libwebp has allocated for this picture and forgets the pointers to it; planes that are ours
        // are not among that.
        unsafe { WebPPictureFree(&raw mut self.0) };
    }
}

/// Takes what the encoder has written.
unsafe extern "C" fn append(data: *const u8, size: usize, picture: *const WebPPicture) -> c_int {
    // SAFETY: libwebp hands over the picture that `encode` was called with, whose `custom_ptr` is a vector nobody else uses
    // meanwhile, and `size` bytes at `data`.
    let (written, data) =
        unsafe { (&mut *(*picture).custom_ptr.cast::<Vec<u8>>(), std::slice::from_raw_parts(data, size)) };
    written.extend_from_slice(data);
    1
}
