//! How many jobs run at the same time, and how many start.

use serde_json::json;
use telecine_db::jobs::NewJob;
use telecine_model::JobState;
use telecine_queue::QueueLimits;

use super::world::{QUEUE, World, on_every_engine, told};

on_every_engine!(
    a_worker_runs_as_many_as_it_has_places,
    a_queue_runs_as_many_as_it_may_in_all_workers_together,
    a_queue_starts_as_many_as_it_may_in_a_window_of_time,
    a_paused_queue_rests_until_it_is_resumed,
);

async fn a_worker_runs_as_many_as_it_has_places(mut world: World) {
    let worker = world.worker_with(2, QueueLimits::default());
    let all: Vec<NewJob> =
        (0..4).map(|number| told(&format!("job-{number}"), json!({ "wait": 700 }))).collect();
    world.add_all(&all).await;
    let mut starts = Vec::new();
    for _ in 0..4 {
        starts.push(world.started().await.1);
    }
    assert!(starts[1] - starts[0] < 600, "two at once");
    assert!(starts[2] - starts[0] >= 690, "the third after the first");
    for job in &all {
        world.until_state(&job.id, JobState::Completed).await;
    }
    worker.shutdown().await;
}

async fn a_queue_runs_as_many_as_it_may_in_all_workers_together(mut world: World) {
    let limits = QueueLimits { concurrency: Some(1), ..QueueLimits::default() };
    let workers = [world.worker_called("one", 4, limits, 5), world.worker_called("two", 4, limits, 5)];
    let all: Vec<NewJob> =
        (0..3).map(|number| told(&format!("job-{number}"), json!({ "wait": 400 }))).collect();
    world.add_all(&all).await;
    let mut starts = Vec::new();
    for _ in 0..3 {
        starts.push(world.started().await.1);
    }
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 390), "{starts:?}");
    for worker in workers {
        worker.shutdown().await;
    }
}

async fn a_queue_starts_as_many_as_it_may_in_a_window_of_time(mut world: World) {
    let limits = QueueLimits { max_starts: Some(2), window_ms: Some(1500), ..QueueLimits::default() };
    let worker = world.worker_with(4, limits);
    let all: Vec<NewJob> = (0..5).map(|number| told(&format!("job-{number}"), json!({}))).collect();
    world.add_all(&all).await;
    let mut starts = Vec::new();
    for _ in 0..5 {
        starts.push(world.started().await.1);
    }
    assert!(starts[1] - starts[0] < 1000, "two in the first window: {starts:?}");
    assert!(starts[2] - starts[0] >= 1400 && starts[4] - starts[2] >= 1400, "{starts:?}");
    worker.shutdown().await;
}

async fn a_paused_queue_rests_until_it_is_resumed(mut world: World) {
    let worker = world.worker();
    world.add(told("before", json!({}))).await;
    assert_eq!(world.started().await.0, "before");
    let queues = world.queues();
    queues.pause(QUEUE).await.unwrap();
    queues.pause(QUEUE).await.unwrap();
    world.add(told("meanwhile", json!({}))).await;
    world.until_counts(|counts| counts.waiting == 1 && counts.active == 0).await;
    assert!(queues.overview().await.unwrap()[QUEUE].is_paused);
    assert!(world.is_quiet());
    queues.resume(QUEUE).await.unwrap();
    assert_eq!(world.started().await.0, "meanwhile");
    assert!(!queues.overview().await.unwrap()[QUEUE].is_paused);
    world.until_state("meanwhile", JobState::Completed).await;
    worker.shutdown().await;
}
