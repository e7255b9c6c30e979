//! Jobs that wait for others.

use serde_json::{Value, json};
use telecine_db::jobs::{NewJob, OnChildFailure};
use telecine_model::JobState;
use telecine_queue::{QueueLimits, add_flow};

use super::world::{Event, World, on_every_engine, told};

on_every_engine!(
    a_parent_runs_after_its_children_and_reads_what_they_return,
    a_failing_child_fails_its_parent_when_it_is_to,
    a_failing_child_that_does_not_matter_is_passed_over,
    a_parent_waits_until_its_failed_child_has_been_tried_again,
    a_run_adds_jobs_and_its_job_runs_again_after_them,
    a_job_that_waits_for_others_gives_its_place_free_and_can_be_cancelled,
);

async fn add(world: &World, parent: NewJob, children: Vec<(NewJob, OnChildFailure)>) {
    let tx = world.db.begin().await.unwrap();
    assert!(add_flow(&tx, &*world.clock, parent, children).await.unwrap());
    tx.commit().await.unwrap();
}

fn gathering(id: &str) -> NewJob {
    told(id, json!({ "gather": true }))
}

async fn a_parent_runs_after_its_children_and_reads_what_they_return(mut world: World) {
    let worker = world.worker();
    let child = |number: i32| told(&format!("child-{number}"), json!({ "returned": number, "wait": 200 }));
    let children = (1..=3).map(|number| (child(number), OnChildFailure::Wait)).collect();
    add(&world, gathering("parent"), children).await;
    let mut first = world.starts(3).await;
    first.sort_unstable();
    assert_eq!(first, ["child-1", "child-2", "child-3"]);
    assert_eq!(world.started().await.0, "parent");
    let row = world.until_state("parent", JobState::Completed).await;
    let gathered: Value = serde_json::from_str(&row.result.unwrap()).unwrap();
    let expected =
        json!([["child-1", "completed", "1"], ["child-2", "completed", "2"], ["child-3", "completed", "3"]]);
    assert_eq!(gathered, expected);
    worker.shutdown().await;
}

async fn a_failing_child_fails_its_parent_when_it_is_to(mut world: World) {
    let worker = world.worker();
    let child = (told("child", json!({ "hopeless": true })), OnChildFailure::Fail);
    add(&world, gathering("parent"), vec![child]).await;
    assert_eq!(world.started().await.0, "child");
    world.expect(Event::Failed { id: "child".into(), code: "internal_error".into() }).await;
    world.expect(Event::Failed { id: "parent".into(), code: "child_failed".into() }).await;
    world.until_state("parent", JobState::Failed).await;
    worker.shutdown().await;
    assert!(world.is_quiet(), "the parent never ran");
}

async fn a_failing_child_that_does_not_matter_is_passed_over(mut world: World) {
    let worker = world.worker();
    let child = (told("child", json!({ "hopeless": true })), OnChildFailure::Ignore);
    add(&world, gathering("parent"), vec![child]).await;
    assert_eq!(world.started().await.0, "child");
    world.expect(Event::Failed { id: "child".into(), code: "internal_error".into() }).await;
    assert_eq!(world.started().await.0, "parent");
    world.until_state("parent", JobState::Completed).await;
    worker.shutdown().await;
}

async fn a_parent_waits_until_its_failed_child_has_been_tried_again(mut world: World) {
    let worker = world.worker();
    let child = NewJob { max_attempts: 1, ..told("child", json!({ "hopeless": true })) };
    add(&world, gathering("parent"), vec![(child, OnChildFailure::Wait)]).await;
    assert_eq!(world.started().await.0, "child");
    world.expect(Event::Failed { id: "child".into(), code: "internal_error".into() }).await;
    world.until_counts(|counts| counts.failed == 1 && counts.waiting_children == 1).await;
    world.queues().retry("child").await.unwrap();
    world.expect(Event::Retried("child".into())).await;
    assert_eq!(world.started().await.0, "child");
    assert_eq!(world.until_state("parent", JobState::WaitingChildren).await.children_left, 1);
    worker.shutdown().await;
}

async fn a_run_adds_jobs_and_its_job_runs_again_after_them(mut world: World) {
    // One place: children could never run if their parent kept it.
    let worker = world.worker_with(1, QueueLimits::default());
    // The first child ends at once, so that its parent may not yet be where it waits.
    let children = json!([{ "returned": 1 }, { "hopeless": true }]);
    world.add(told("parent", json!({ "wait_for": children, "gather": true }))).await;
    assert_eq!(world.starts(3).await, ["parent", "parent-0", "parent-1"]);
    world.expect(Event::Failed { id: "parent-1".into(), code: "internal_error".into() }).await;
    assert_eq!(world.started().await.0, "parent");
    let row = world.until_state("parent", JobState::Completed).await;
    let gathered: Value = serde_json::from_str(&row.result.unwrap()).unwrap();
    assert_eq!(gathered, json!([["parent-0", "completed", "1"], ["parent-1", "failed", null]]));
    assert_eq!((row.attempts_made, row.token), (0, 2), "no run has failed");
    world.until_counts(|counts| counts.completed == 2 && counts.failed == 1 && counts.delayed == 0).await;
    worker.shutdown().await;
}

async fn a_job_that_waits_for_others_gives_its_place_free_and_can_be_cancelled(mut world: World) {
    let worker = world.worker_with(1, QueueLimits::default());
    world.add(told("parent", json!({ "wait_for": [{ "endless": true }] }))).await;
    assert_eq!(world.starts(2).await, ["parent", "parent-0"]);
    world.until_state("parent", JobState::WaitingChildren).await;
    world.queues().cancel("parent").await.unwrap();
    world.expect(Event::Failed { id: "parent".into(), code: "cancelled".into() }).await;
    world.queues().cancel("parent-0").await.unwrap();
    world.expect(Event::Stopped("parent-0".into())).await;
    world.expect(Event::Failed { id: "parent-0".into(), code: "cancelled".into() }).await;
    world.until_state("parent", JobState::Failed).await;
    worker.shutdown().await;
    assert!(world.is_quiet(), "the parent never ran again");
}
