//! ISO base media boxes (ISO/IEC 14496-12), as far as CMAF from our own ffmpeg needs them: strictly, because whatever
//! does not look as expected must not be published.

mod fragment;
mod groups;
mod index;
mod init;
mod reader;

pub(crate) use fragment::{FragmentInfo, delay, parse_moof};
pub(crate) use groups::longest_group;
pub(crate) use index::{IndexedTrack, parse_index};
pub(crate) use init::{TrackInfo, parse_init};
pub(crate) use reader::BoxError;
