//! From an uploaded picture to WebP or JPEG in several sizes: upright, in sRGB, without metadata, and with a placeholder.
//!
//! ```text
//! Pool (tokio) -> a child process per core: sandbox, limits -> pipeline (pure: bytes in, bytes out)
//!
//! sniff -> header (to the end of the file, nothing decoded) -> limits -> decode -> resize -> orient -> sRGB -> encode
//!                                                                           JPEG stays in YCbCr all the way
//! ```
//!
//! The first bytes say what a file is; names and declared types never do. Whatever parses bytes of strangers runs in the
//! child, which is handed open files and can open none itself: a decoder that crashes, hangs or eats memory costs that one
//! picture. SVG is refused: there is no code for it here.

#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that cannot go on stops with a message"
    )
)]

pub mod child;
mod color;
mod container;
mod decode;
mod encode;
mod error;
mod exif;
mod format;
mod header;
mod limits;
mod orient;
mod pages;
mod pipeline;
mod placeholder;
mod pool;
mod report;
mod resize;
mod strip;
mod wire;
mod wish;

pub use error::{ImageError, Refusal};
pub use format::Format;
pub use limits::{MAX_FILE_BYTES, MAX_FRAMES, MAX_PIXELS, MAX_SIDE, MAX_VARIANTS};
pub use pages::give_back_start;
pub use pool::{Existing, Output, Pool, PoolConfig};
pub use report::{Kept, Report, Source, Stored};
pub use wish::{BadWish, OutputFormat, Variant, Wish};
