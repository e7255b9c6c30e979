//! An animation that stays one: frame after frame, each in every size, so that one frame is held at a time.

use fast_image_resize::Resizer;

use super::{Encoded, Target, around, settings, targets};
use crate::color::{Profile, to_srgb};
use crate::decode::{Picture, Raster, gif, webp};
use crate::encode::webp::{Animation, Loops};
use crate::encode::{EncodeError, jpeg};
use crate::error::Refusal;
use crate::format::Format;
use crate::header::Header;
use crate::orient::Orientation;
use crate::placeholder::Placeholder;
use crate::wish::{OutputFormat, Wish};

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

/// A target on its way to a file; the first error of its encoder ends it.
struct Lane {
    target: Target,
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
    let (targets, orientation) = (targets(header, wish), header.orientation);
    let largest = around(&targets);
    let (moving, still): (Vec<_>, Vec<_>) =
        targets.into_iter().partition(|target| target.format == OutputFormat::WebP);
    let lane = |target: Target| Lane {
        target,
        animation: Animation::new(target.size, frames.loops(), settings(wish)),
    };
    let mut lanes: Vec<Lane> = moving.into_iter().map(lane).collect();
    let mut resizer = Resizer::new();
    let mut first = None;
    for _ in 0..header.frames {
        let (frame, shown_ms) = frames.next()?;
        let frame = frame.into_size(&mut resizer, orientation.turn_size(largest))?;
        let mut frame = to_srgb(frame, profile).upright(orientation);
        if first.is_none() {
            first = Some(stills(&frame, &still, wish, &mut resizer)?);
        }
        for lane in &mut lanes {
            frame = frame.into_size(&mut resizer, lane.target.size)?;
            lane.add(&frame, shown_ms);
        }
    }
    let (mut encoded, placeholder) = first.ok_or_else(|| Refusal::corrupt("no picture"))?;
    let finish =
        |lane: Lane| Encoded { target: lane.target, bytes: lane.animation.and_then(Animation::finish) };
    encoded.extend(lanes.into_iter().map(finish));
    Ok((encoded, placeholder))
}

/// What is made of the first frame alone.
fn stills(
    frame: &Raster,
    targets: &[Target],
    wish: &Wish,
    resizer: &mut Resizer,
) -> Result<(Vec<Encoded>, Placeholder), Refusal> {
    let mut picture = Picture::Raster(frame.clone());
    let mut encoded = Vec::with_capacity(targets.len());
    for target in targets.iter().copied() {
        if picture.size() != target.size {
            picture = picture.smaller(resizer, target.size)?;
        }
        encoded.push(Encoded { target, bytes: jpeg::encode(&picture, wish.quality) });
    }
    Ok((encoded, Placeholder::of(&picture, Orientation::Upright, resizer)?))
}
