//! The child as the tests start it: it serves images as the real one does, and goes wrong in the way that a file asks for.

use std::hint::black_box;

fn main() -> std::io::Result<()> {
    telecine_image::child::serve_with(|bytes| match bytes {
        b"please abort" => std::process::abort(),
        b"please panic" => go_wrong(),
        b"please compute for ever" => loop {
            black_box(0);
        },
        b"please sleep for ever" => loop {
            std::thread::park();
        },
        b"please take all memory" => drop(black_box(vec![1_u8; 1 << 40])),
        b"please open a file" => drop(std::fs::File::open("/etc/passwd").map(|_| std::process::abort())),
        b"please open its folder" => {
            let program = std::env::current_exe().ok();
            let beside = program.as_deref().and_then(std::path::Path::parent).map(std::fs::read_dir);
            drop(beside.map(|opened| opened.map(|_| std::process::abort())));
        }
        _ => {}
    })
}

#[expect(clippy::panic, reason = "a decoder that panics is what this is for")]
fn go_wrong() {
    panic!("as was asked for");
}
