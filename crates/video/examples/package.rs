//! Makes a complete package from a local file: `cargo run -p telecine-video --example package -- film.mp4 out/`.
//! The folder can be served as it is; any HLS or DASH player plays `master.m3u8` or `manifest.mpd`.

use std::error::Error;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use telecine_video::package::{StoredObject, render_all};
use telecine_video::{
    Addressing, OutputObject, Sink, SinkError, Tools, Transcode, VideoConfig, VideoError, Wishes, prepare,
};
use tokio_util::sync::CancellationToken;

/// Writes objects below a folder.
struct FolderSink(PathBuf);

#[async_trait]
impl Sink for FolderSink {
    async fn put(&self, object: OutputObject, _sha256: &str) -> Result<(), SinkError> {
        self.write(object)
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        _content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError> {
        let copied = std::fs::copy(path, self.0.join(&stored.url));
        copied.map(|_| ()).map_err(|source| SinkError { name: stored.url.clone(), source: source.into() })
    }
}

impl FolderSink {
    fn write(&self, object: OutputObject) -> Result<(), SinkError> {
        let path = self.0.join(&object.name);
        let folder = path.parent().unwrap_or(&self.0);
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, &object.bytes));
        written.map_err(|source| SinkError { name: object.name, source: source.into() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [input, folder] = &args[..] else {
        return Err("expected a file and a folder".into());
    };
    std::fs::create_dir_all(folder)?;
    match make(input, folder).await {
        Ok(()) => Ok(()),
        Err(error) => Err(format!("{}: {error}", error.code()).into()),
    }
}

async fn make(input: &Path, folder: &Path) -> Result<(), VideoError> {
    let (config, cancel, scratch_dir) =
        (VideoConfig::default(), CancellationToken::new(), std::env::temp_dir());
    let (tools, sink) = (Tools::from(&config), FolderSink(folder.to_owned()));
    let plan = prepare(&tools, &config, &Wishes::default(), input, &scratch_dir, &cancel).await?;
    let run = Transcode {
        tools: &tools,
        input,
        scratch_dir: &scratch_dir,
        plan: &plan,
        sink: &sink,
        stored: &[],
        mark: "",
        progress: &|share| eprintln!("{:3.0} %", share * 100.0),
        cancel: &cancel,
    };
    let package = run.run().await?;
    for file in render_all(&package, &Addressing::Relative) {
        sink.write(file)?;
    }
    println!("{:.3} s, warnings {:?}", package.duration, package.warnings);
    Ok(())
}
