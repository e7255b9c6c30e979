//! Test media: the shared set where it lies beside the repository, else the clips in `tests/media`.

use std::path::{Path, PathBuf};

/// The file of this name.
pub fn file(name: &str) -> PathBuf {
    find(name).unwrap_or_else(|| panic!("{name} is in tests/media or in the shared media"))
}

/// Makes a film of 30 s in this folder: 854x480 at 24 frames a second, with sound, and so few key frames that its pictures are not
/// copied. It gets two renditions of 8 segments.
///
/// `pictures` is the source of ffmpeg that draws them: `smptebars` takes no time, `testsrc2` moves.
pub fn film(folder: &Path, pictures: &str) -> PathBuf {
    film_of(folder, &format!("{pictures}=s=854x480:r=24"), 30)
}

/// A film of this size (`854x480`) with so much noise in its pictures that every rendition takes all the bandwidth that it
/// may.
pub fn noisy_film(folder: &Path, size: &str, seconds: u32) -> PathBuf {
    film_of(folder, &format!("testsrc2=s={size}:r=24,noise=alls=20:allf=t"), seconds)
}

fn film_of(folder: &Path, source: &str, seconds: u32) -> PathBuf {
    let made = folder.join("film.mp4");
    let words = format!(
        "-nostdin -v error -y -f lavfi -i {source} -f lavfi -i sine -t {seconds} -c:v libx264 \
                 -preset ultrafast -g 300 -keyint_min 300 -sc_threshold 0 -pix_fmt yuv420p -c:a aac"
    );
    let done = std::process::Command::new("ffmpeg").args(words.split_whitespace()).arg(&made).status();
    assert!(done.expect("ffmpeg starts").success());
    made
}

/// Draws a picture of this size (`1920x1080`) into a file, whose extension says in which format.
pub fn picture(file: &Path, size: &str) {
    let source = format!("testsrc2=s={size}");
    let words =
        ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &source, "-frames:v", "1", "-q:v", "2"];
    let status = std::process::Command::new("ffmpeg").args(words).arg(file).status();
    assert!(status.expect("ffmpeg starts").success());
}

/// The file of this name, or `None`, with the reason printed, where only the repository's own clips are there.
pub fn find(name: &str) -> Option<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [tests.join("media"), tests.join("../../shared/media")];
    let found = places.into_iter().map(|place| place.join(name)).find(|file| file.is_file());
    if found.is_none() {
        println!(
            "skipped: {name} is not in tests/media, and there is no shared media folder beside the repository"
        );
    }
    found
}
