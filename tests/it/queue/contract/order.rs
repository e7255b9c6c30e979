//! Which job runs when.

use serde_json::json;
use telecine_db::jobs::NewJob;
use telecine_model::JobState;

use super::world::{World, on_every_engine, told};

on_every_engine!(
    jobs_added_together_run_in_their_order,
    a_repeated_id_is_one_job,
    urgent_jobs_run_first,
    a_delayed_job_runs_at_its_time_and_not_before,
);

async fn jobs_added_together_run_in_their_order(mut world: World) {
    let all: Vec<NewJob> = (0..50).map(|number| told(&format!("job-{number:02}"), json!({}))).collect();
    assert_eq!(world.add_all(&all).await, 50);
    let worker = world.worker_with(1, Default::default());
    let expected: Vec<String> = all.iter().map(|job| job.id.clone()).collect();
    assert_eq!(world.starts(50).await, expected);
    worker.shutdown().await;
    world.until_counts(|counts| counts.completed == 50 && counts.waiting == 0).await;
}

async fn a_repeated_id_is_one_job(mut world: World) {
    let worker = world.worker();
    assert!(world.add(told("one", json!({ "returned": 1 }))).await);
    assert!(!world.add(told("one", json!({ "returned": 2 }))).await);
    assert_eq!(world.started().await.0, "one");
    let row = world.until_state("one", JobState::Completed).await;
    assert!(!world.add(told("one", json!({ "returned": 3 }))).await, "also once it has completed");
    world.add(told("two", json!({}))).await;
    assert_eq!(world.started().await.0, "two");
    assert_eq!(row.result.as_deref(), Some("1"));
    worker.shutdown().await;
    assert!(world.is_quiet());
}

async fn urgent_jobs_run_first(mut world: World) {
    let prioritised = |priority| NewJob { priority, ..told(&format!("p{priority}"), json!({})) };
    // The queue is paused, so that all are there before the first is taken.
    world.queues().pause(super::world::QUEUE).await.unwrap();
    let worker = world.worker_with(1, Default::default());
    for priority in [10, 3, 0, 5, 1] {
        world.add(prioritised(priority)).await;
    }
    world.until_handed_over().await;
    world.queues().resume(super::world::QUEUE).await.unwrap();
    assert_eq!(world.starts(5).await, ["p0", "p1", "p3", "p5", "p10"]);
    worker.shutdown().await;
}

async fn a_delayed_job_runs_at_its_time_and_not_before(mut world: World) {
    let worker = world.worker();
    let due = world.clock.now_ms() + 1200;
    world.add(NewJob { run_at: due, ..told("later", json!({})) }).await;
    world.add(told("now", json!({}))).await;
    assert_eq!(world.started().await.0, "now");
    let (id, at_ms) = world.started().await;
    assert_eq!(id, "later");
    assert!((due..due + 1000).contains(&at_ms), "{} ms late", at_ms - due);
    worker.shutdown().await;
}
