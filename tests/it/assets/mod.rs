//! Pictures, files of other people's servers, and episodes.

mod cache;
mod chaos;
mod images;
mod movies;

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use telecine_tests::media;
use telecine_tests::server::Home;

/// A picture of this size, in the format that the extension names.
fn picture(home: &Home, name: &str, size: &str) -> Bytes {
    let file = home.file(name);
    media::picture(&file, size);
    std::fs::read(file).unwrap().into()
}

/// What ffprobe says of a picture: `webp,1280,720`.
fn probed(folder: &Path, bytes: &[u8]) -> String {
    let file = folder.join("probed");
    std::fs::write(&file, bytes).unwrap();
    let words = ["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"];
    let said = Command::new("ffprobe").args(words).arg(file).output().expect("ffprobe starts");
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}
