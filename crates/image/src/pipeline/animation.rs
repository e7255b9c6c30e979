//! An animation that stays one: frame after frame, each in every size, so that one frame is held at a time.

use fast_image_resize::Resizer;

use super::{Encoded, settings, sizes};
use crate::color::{Profile, to_srgb};
use crate::decode::{Picture, Raster, gif, webp};
use crate::error::Refusal;
use crate::format::Format;
use crate::header::Header;
use crate::placeholder::Placeholder;
use crate::webp::{Animation, EncodeError, Loops};
use crate::wish::Wish;

enum Frames<'a> {
    Gif(Box<gif::Frames<'a>>),
    WebP(webp::Frames<'a>),
}

impl<'a> Frames<'a> {
    fn open(bytes: &'a [u8], format: Format) -> Result<Self, Refusal> {
        match format {
            Format::Gif => gif::Frames::open(bytes).map(|frames| Self::Gif(Box::new(frames))),
            _ => webp::Frames::open(bytes).map(Self::WebP),
        }
    }

    fn loops(&self) -> Loops {
        match self {
            Self::Gif(frames) => frames.loops(),
            Self::WebP(frames) => frames.loops(),
        }
    }

    fn next(&mut self) -> Result<(Raster, u32), Refusal> {
        match self {
            Self::Gif(frames) => frames.next(),
            Self::WebP(frames) => frames.next(),
        }
    }
}

/// A size on its way to a file; the first error of its encoder ends it.
struct Lane {
    size: (u32, u32),
    animation: Result<Animation, EncodeError>,
}

impl Lane {
    fn add(&mut self, frame: &Raster, shown_ms: u32) {
        if let Ok(animation) = &mut self.animation
            && let Err(error) = animation.add(frame, shown_ms)
        {
            self.animation = Err(error);
        }
    }
}

pub(super) fn encode(
    bytes: &[u8],
    header: &Header<'_>,
    profile: Option<&Profile>,
    wish: &Wish,
) -> Result<(Vec<Encoded>, Placeholder), Refusal> {
    let mut frames = Frames::open(bytes, header.format)?;
    let lane = |size| Lane { size, animation: Animation::new(size, frames.loops(), settings(wish)) };
    let mut lanes: Vec<Lane> = sizes(header, wish).into_iter().map(lane).collect();
    let largest = lanes.iter().fold((1, 1), |(w, h), lane| (w.max(lane.size.0), h.max(lane.size.1)));
    let orientation = header.orientation;
    let mut resizer = Resizer::new();
    let mut placeholder = None;
    for _ in 0..header.frames {
        let (frame, shown_ms) = frames.next()?;
        let frame = frame.into_size(&mut resizer, orientation.turn_size(largest))?;
        let mut frame = to_srgb(frame, profile).upright(orientation);
        for lane in &mut lanes {
            frame = frame.into_size(&mut resizer, lane.size)?;
            lane.add(&frame, shown_ms);
        }
        if placeholder.is_none() {
            let upright = crate::orient::Orientation::Upright;
            placeholder = Some(Placeholder::of(&Picture::Raster(frame), upright, &mut resizer)?);
        }
    }
    let finish = |lane: Lane| Encoded { size: lane.size, webp: lane.animation.and_then(Animation::finish) };
    let placeholder = placeholder.ok_or_else(|| Refusal::corrupt("no picture"))?;
    Ok((lanes.into_iter().map(finish).collect(), placeholder))
}
