//! A film that is encoded in chunks, each on a machine of its own, is the film.

use std::path::Path;

use telecine_video::package::Rendition;
use telecine_video::{Chunk, VideoError};

use crate::resume::{Ledger, check_frames, check_same, film, go_on, whole, with_plan};
use crate::support::{Made, MemorySink};

/// What all machines together have stored.
#[derive(Default)]
struct Storage {
    objects: MemorySink,
    /// Each begins with the film.
    renditions: Vec<Rendition>,
    /// Each begins with its chunk.
    chunks: Vec<Rendition>,
}

impl Storage {
    async fn first_pass(&mut self, input: &Path) {
        let ledger = Ledger::new(MemorySink::default(), Vec::new(), None);
        with_plan(input, &ledger, &[], "", async |run| run.run_first_pass().await).await.expect("it is made");
        self.objects = ledger.objects;
        self.renditions = ledger.renditions.into_inner().expect("a lock");
    }

    /// One chunk, after what was stored of it; returns what there is of it then.
    async fn chunk(
        &mut self,
        input: &Path,
        chunk: Chunk,
        stored: &[Rendition],
        breaks_at: Option<&'static str>,
    ) -> (Vec<Rendition>, Result<(), VideoError>) {
        let mark = if stored.is_empty() { String::new() } else { format!("_c{}_r2", chunk.from) };
        let mut ledger = Ledger::new(MemorySink::default(), stored.to_vec(), breaks_at);
        ledger.base = chunk.from;
        let made = with_plan(input, &ledger, stored, &mark, async |run| run.run_chunk(chunk).await).await;
        let objects = ledger.objects.0.into_inner().expect("a lock");
        self.objects.0.lock().expect("a lock").extend(objects);
        (ledger.renditions.into_inner().expect("a lock"), made)
    }

    fn keep(&mut self, chunk: Vec<Rendition>) {
        self.chunks.extend(chunk);
    }

    /// Puts the film together, from chunks that came in any order.
    async fn film(mut self, input: &Path) -> Made {
        self.chunks.sort_by_key(|chunk| chunk.track().segments.first().map(|segment| segment.start_ticks));
        let mut rungs: Vec<Rendition> = Vec::new();
        for chunk in self.chunks {
            match rungs.iter_mut().find(|rung| rung.track().folder() == chunk.track().folder()) {
                Some(rung) => {
                    let segments = chunk.track().segments.iter().cloned();
                    segments.for_each(|segment| rung.track_mut().push(segment));
                }
                None => rungs.push(chunk),
            }
        }
        rungs.iter_mut().for_each(|rung| rung.track_mut().complete = true);
        self.renditions.extend(rungs);
        go_on(input, self.objects, self.renditions).await
    }
}

fn chunk(from: usize, to: impl Into<Option<usize>>) -> Chunk {
    Chunk { from, to: to.into() }
}

#[tokio::test]
async fn chunks_put_together_have_every_frame_of_the_film_once() {
    let dir = tempfile::tempdir().expect("a directory");
    // One with pictures that are copied first, and one with a first rung; the last segment has a tail in it.
    for (name, size, more, rung) in
        [("copied", "640x360", "-g 60 a.mp4", "v360"), ("two rungs", "854x480", "-g 600 b.mp4", "v480")]
    {
        let input = film(dir.path(), size, 25, more).await;
        let mut storage = Storage::default();
        storage.first_pass(&input).await;
        for piece in [chunk(4, None), chunk(0, 2), chunk(2, 4)] {
            let (made, ended) = storage.chunk(&input, piece, &[], None).await;
            ended.expect("the chunk is made");
            storage.keep(made);
        }
        let (made, expected) = (storage.film(&input).await, whole(&input).await);
        check_same(name, &made, &expected).await;
        check_frames(name, &made, &expected, rung).await;
        let again = made.objects.keys().filter(|object| object.contains("_r2.m4s")).count();
        assert_eq!(again, 0, "{name}: nothing is made again");
    }
}

#[tokio::test]
async fn a_chunk_that_was_cut_off_goes_on_with_what_it_has_stored() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = film(dir.path(), "854x480", 25, "-g 600 film.mp4").await;
    let mut storage = Storage::default();
    storage.first_pass(&input).await;
    let (first, ended) = storage.chunk(&input, chunk(0, 3), &[], None).await;
    ended.expect("the chunk is made");
    let (part, ended) = storage.chunk(&input, chunk(3, None), &[], Some("v480/seg_005.m4s")).await;
    assert!(matches!(ended, Err(VideoError::Sink(_))), "{ended:?}");
    assert_eq!(part[0].track().segments.len(), 2, "two more are missing");
    let (second, ended) = storage.chunk(&input, chunk(3, None), &part, None).await;
    ended.expect("the rest is made");
    storage.keep(second);
    storage.keep(first);
    let made = storage.film(&input).await;
    check_same("gone on", &made, &whole(&input).await).await;
    let again = made.objects.keys().filter(|object| object.contains("_r2.m4s")).count();
    assert_eq!(again, 2, "{:?}", made.objects.keys());
}

#[tokio::test]
async fn a_chunk_of_a_film_that_ends_early_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = film(dir.path(), "854x480", 10, "-g 600 film.mp4").await;
    let mut storage = Storage::default();
    let (_, ended) = storage.chunk(&input, chunk(1, 4), &[], None).await;
    let refusal = ended.expect_err("the film has two segments and a half").to_string();
    assert!(refusal.contains("480p: the chunk has 180 frames and not 360"), "{refusal}");
}
