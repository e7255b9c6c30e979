//! Children as the tests start them, and what they make.

use std::path::{Path, PathBuf};

use image_webp::WebPDecoder;
use telecine_image::{
    Existing, Format, ImageError, Output, OutputFormat, Pool, PoolConfig, Report, Stored, Variant, Wish,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A pool of the tests' own children.
pub(crate) fn config() -> PoolConfig {
    let none: [&str; 0] = [];
    PoolConfig::new(env!("CARGO_BIN_EXE_telecine-image-test-child"), none)
}

pub(crate) fn pool() -> Pool {
    Pool::new(config()).expect("a temporary folder")
}

/// Only the large variant.
pub(crate) fn large() -> Wish {
    let mut wish = Wish::default();
    wish.variants.retain(|variant| variant.name == "large");
    wish
}

/// Only one variant, in this box.
pub(crate) fn boxed(width: u32, height: u32) -> Wish {
    let (name, format) = ("boxed".to_owned(), OutputFormat::WebP);
    Wish { variants: vec![Variant { name, width, height, format }], ..Wish::default() }
}

/// The same, with every variant as JPEG.
pub(crate) fn as_jpeg(mut wish: Wish) -> Wish {
    wish.variants.iter_mut().for_each(|variant| variant.format = OutputFormat::Jpeg);
    wish
}

/// What was made of an image, in a folder that goes with it.
pub(crate) struct Made {
    pub(crate) report: Report,
    _folder: TempDir,
}

/// Makes variants of a file.
pub(crate) async fn make(pool: &Pool, wish: &Wish, input: &Path) -> Result<Made, ImageError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = Output { folder: folder.path().to_owned(), stem: None, existing: Existing::Keep };
    let made = pool.make(wish, input, &output, &CancellationToken::new()).await;
    let files = std::fs::read_dir(folder.path()).expect("readable").count();
    assert_eq!(
        files,
        made.as_ref().map_or(0, |report| report.variants.len()),
        "{}: files left",
        input.display()
    );
    made.map(|report| Made { report, _folder: folder })
}

/// Makes variants of bytes.
pub(crate) async fn make_of(pool: &Pool, wish: &Wish, bytes: &[u8]) -> Result<Made, ImageError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = folder.path().join("input");
    std::fs::write(&input, bytes).expect("the disk has room");
    make(pool, wish, &input).await
}

/// The code that bytes are refused with; `ok` when they are not.
pub(crate) async fn code_of(pool: &Pool, bytes: &[u8]) -> &'static str {
    make_of(pool, &large(), bytes).await.err().map_or("ok", |error| error.code().as_str())
}

impl Made {
    pub(crate) fn first(&self) -> &Stored {
        &self.report.variants[0]
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let bytes = std::fs::read(&self.first().file).expect("it was stored");
        assert_eq!(bytes.len() as u64, self.first().bytes);
        bytes
    }

    /// The first variant, decoded; WebP by another decoder than libwebp's.
    pub(crate) fn seen(&self) -> Seen {
        match self.first().format {
            Format::Jpeg => Seen::jpeg(&self.bytes()),
            _ => Seen::webp(&self.bytes()),
        }
    }
}

/// A picture as RGBA.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) size: (u32, u32),
    pub(crate) has_alpha: bool,
    pub(crate) pixels: Vec<[u8; 4]>,
}

impl Seen {
    pub(crate) fn webp(bytes: &[u8]) -> Self {
        let mut decoder = WebPDecoder::new(std::io::Cursor::new(bytes)).expect("WebP");
        let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
        decoder.read_image(&mut pixels).expect("whole");
        let has_alpha = decoder.has_alpha();
        let pixels = match has_alpha {
            true => pixels.as_chunks::<4>().0.to_vec(),
            false => pixels.as_chunks::<3>().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect(),
        };
        Self { size: decoder.dimensions(), has_alpha, pixels }
    }

    pub(crate) fn jpeg(bytes: &[u8]) -> Self {
        let image = turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGB).expect("JPEG");
        let pixels = image.pixels.as_chunks::<3>().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect();
        Self { size: (image.width as u32, image.height as u32), has_alpha: false, pixels }
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 4] {
        self.pixels[(y * self.size.0 + x) as usize]
    }

    /// The mean colour of a part, from the shares of width and height at which it begins and ends.
    pub(crate) fn mean(&self, across: (f64, f64), down: (f64, f64)) -> [f64; 3] {
        let share = |side: u32, share: f64| (f64::from(side) * share).round() as u32;
        let (columns, rows) = (
            share(self.size.0, across.0)..share(self.size.0, across.1),
            share(self.size.1, down.0)..share(self.size.1, down.1),
        );
        let mut sums = [0.0; 3];
        let mut count = 0.0;
        for y in rows {
            for x in columns.clone() {
                let pixel = self.at(x, y);
                (0..3).for_each(|channel| sums[channel] += f64::from(pixel[channel]));
                count += 1.0;
            }
        }
        sums.map(|sum| sum / count)
    }

    /// The mean colours of the four quarters: top left, top right, bottom left, bottom right.
    pub(crate) fn quarters(&self) -> [[f64; 3]; 4] {
        let (first, second) = ((0.0, 0.5), (0.5, 1.0));
        [(first, first), (second, first), (first, second), (second, second)].map(|(x, y)| self.mean(x, y))
    }
}

#[track_caller]
pub(crate) fn assert_near(found: [f64; 3], expected: [f64; 3], tolerance: f64, what: &str) {
    let is_near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= tolerance);
    assert!(is_near, "{what}: {found:?} instead of {expected:?}");
}

/// A file of the shared collection; `None`, with the reason printed, where that is not beside the repository.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/images").join(name);
    if file.is_file() {
        return Some(file);
    }
    println!("skipped: there is no shared/images/{name} beside the repository");
    None
}

/// The children of this process that are alive: with one process for each test, those of its pool.
pub(crate) fn children() -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let listed = tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    listed
        .flat_map(|pids| pids.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}
