//! Animated WebP, frame by frame.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use libwebp_sys::{
    WEBP_MUX_ABI_VERSION, WebPAnimEncoder, WebPAnimEncoderAdd, WebPAnimEncoderAssemble,
    WebPAnimEncoderDelete, WebPAnimEncoderNewInternal, WebPAnimEncoderOptions,
    WebPAnimEncoderOptionsInitInternal, WebPConfig, WebPData, WebPDataClear,
};

use super::{Input, Settings, c_side, config};
use crate::decode::Raster;
use crate::encode::EncodeError;

/// How often an animation is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loops(u16);

impl Loops {
    /// Without end.
    pub(crate) const FOREVER: Self = Self(0);

    /// So many times.
    pub(crate) fn times(times: u16) -> Self {
        Self(times)
    }
}

/// An animation on its way to a file.
pub(crate) struct Animation {
    encoder: NonNull<WebPAnimEncoder>,
    config: WebPConfig,
    shown_ms: c_int,
}

impl Animation {
    pub(crate) fn new(size: (u32, u32), loops: Loops, settings: Settings) -> Result<Self, EncodeError> {
        let config = config(settings)?;
        let version = c_int::try_from(WEBP_MUX_ABI_VERSION).map_err(|_| failed())?;
        let mut options = std::mem::MaybeUninit::<WebPAnimEncoderOptions>::uninit();
        // SAFETY: the function fills the options in, or says 0.
        let mut options = unsafe {
            if WebPAnimEncoderOptionsInitInternal(options.as_mut_ptr(), version) == 0 {
                return Err(failed());
            }
            options.assume_init()
        };
        options.anim_params.loop_count = loops.0.into();
        let (width, height) = (c_side(size.0)?, c_side(size.1)?);
        // SAFETY: the options are read during the call only.
        let encoder = unsafe { WebPAnimEncoderNewInternal(width, height, &raw const options, version) };
        Ok(Self { encoder: NonNull::new(encoder).ok_or_else(failed)?, config, shown_ms: 0 })
    }

    /// Adds a frame of the animation's size, as RGB or RGBA.
    pub(crate) fn add(&mut self, frame: &Raster, shown_ms: u32) -> Result<(), EncodeError> {
        let mut input = Input::new(frame.size)?;
        input.0.use_argb = 1;
        input.import(frame)?;
        // SAFETY: encoder and picture live, and the encoder copies what it needs of the picture.
        let is_added = unsafe {
            WebPAnimEncoderAdd(self.encoder.as_ptr(), &raw mut input.0, self.shown_ms, &raw const self.config)
        };
        self.shown_ms = self.shown_ms.saturating_add(c_int::try_from(shown_ms).unwrap_or(c_int::MAX));
        if is_added == 0 { Err(input.error()) } else { Ok(()) }
    }

    /// The file.
    pub(crate) fn finish(self) -> Result<Vec<u8>, EncodeError> {
        let mut data = WebPData { bytes: ptr::null(), size: 0 };
        // SAFETY: no frame ends the animation at the time given. What was assembled is `size` bytes, copied before they are
        // freed.
        unsafe {
            let encoder = self.encoder.as_ptr();
            let is_made = WebPAnimEncoderAdd(encoder, ptr::null_mut(), self.shown_ms, ptr::null()) != 0
                && WebPAnimEncoderAssemble(encoder, &raw mut data) != 0;
            if !is_made || data.bytes.is_null() {
                return Err(failed());
            }
            let file = std::slice::from_raw_parts(data.bytes, data.size).to_vec();
            WebPDataClear(&mut data);
            Ok(file)
        }
    }
}

impl Drop for Animation {
    fn drop(&mut self) {
        // SAFETY: it was made by libwebp and is deleted once.
        unsafe { WebPAnimEncoderDelete(self.encoder.as_ptr()) };
    }
}

fn failed() -> EncodeError {
    EncodeError("the animation".to_owned())
}
