//! Test media: the shared set where it lies beside the repository, else the clips in `tests/media`.

use std::path::{Path, PathBuf};

/// The file of this name.
pub fn file(name: &str) -> PathBuf {
    find(name).unwrap_or_else(|| panic!("{name} is in tests/media or in the shared media"))
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
