//! What people do with jobs: look at them, stop them, try them again, clear up.

use serde_json::json;
use telecine_db::jobs::NewJob;
use telecine_model::JobState;
use telecine_queue::QueuesError;

use super::world::{Event, QUEUE, World, on_every_engine, told};

on_every_engine!(
    a_running_job_that_is_cancelled_stops_and_stays_as_a_dead_letter,
    a_waiting_job_that_is_cancelled_never_runs,
    a_dead_letter_is_tried_again_with_all_its_attempts,
    all_dead_letters_of_a_queue_are_tried_again_or_those_with_a_text,
    a_delayed_job_is_promoted,
    what_has_ended_is_cleared,
    nothing_is_done_to_a_job_in_the_wrong_state,
);

fn hopeless(id: &str) -> NewJob {
    told(id, json!({ "hopeless": true }))
}

async fn fail(world: &mut World, ids: &[&str]) {
    for id in ids {
        world.add(hopeless(id)).await;
        assert_eq!(world.started().await.0, *id);
        world.expect(Event::Failed { id: (*id).into(), code: "internal_error".into() }).await;
        world.until_state(id, JobState::Failed).await;
    }
    world.until_counts(|counts| counts.failed == ids.len() as u64 && counts.active == 0).await;
}

async fn a_running_job_that_is_cancelled_stops_and_stays_as_a_dead_letter(mut world: World) {
    let worker = world.worker();
    world.add(NewJob { max_attempts: 3, ..told("one", json!({ "endless": true })) }).await;
    world.started().await;
    world.until_state("one", JobState::Active).await;
    world.queues().cancel("one").await.unwrap();
    world.expect(Event::Stopped("one".into())).await;
    world.expect(Event::Failed { id: "one".into(), code: "cancelled".into() }).await;
    let row = world.until_state("one", JobState::Failed).await;
    assert_eq!(row.failure.unwrap().code, "cancelled");
    world.until_counts(|counts| counts.failed == 1 && counts.active == 0).await;
    worker.shutdown().await;
    assert!(world.is_quiet());
}

async fn a_waiting_job_that_is_cancelled_never_runs(mut world: World) {
    let worker = world.worker();
    let later = world.clock.now_ms() + 3_600_000;
    world.add(NewJob { run_at: later, ..told("one", json!({})) }).await;
    world.until_counts(|counts| counts.delayed == 1).await;
    world.queues().cancel("one").await.unwrap();
    world.expect(Event::Failed { id: "one".into(), code: "cancelled".into() }).await;
    world.until_counts(|counts| counts.delayed == 0 && counts.failed == 1).await;
    worker.shutdown().await;
}

async fn a_dead_letter_is_tried_again_with_all_its_attempts(mut world: World) {
    let worker = world.worker();
    let job = NewJob { max_attempts: 2, ..told("one", json!({ "fail_times": 9 })) };
    world.add(job).await;
    for _ in 0..2 {
        assert_eq!(world.starts(2).await, ["one", "one"]);
        world.expect(Event::Failed { id: "one".into(), code: "internal_error".into() }).await;
        world.until_state("one", JobState::Failed).await;
        world.until_counts(|counts| counts.failed == 1).await;
        world.queues().retry("one").await.unwrap();
        world.expect(Event::Retried("one".into())).await;
    }
    assert_eq!(world.starts(2).await, ["one", "one"]);
    worker.shutdown().await;
}

async fn all_dead_letters_of_a_queue_are_tried_again_or_those_with_a_text(mut world: World) {
    let worker = world.worker_with(1, Default::default());
    fail(&mut world, &["red-1", "red-2", "blue"]).await;
    assert_eq!(world.listed(JobState::Failed, None).await, ["blue", "red-2", "red-1"], "newest first");
    assert_eq!(world.listed(JobState::Failed, Some("red")).await, ["red-2", "red-1"]);
    let queues = world.queues();
    assert_eq!(queues.retry_all(QUEUE, Some("red")).await.unwrap(), 2);
    for _ in 0..6 {
        assert!(!matches!(world.next().await, Event::Started { id, .. } if id == "blue"));
    }
    world.until_counts(|counts| counts.failed == 3 && counts.active == 0).await;
    assert_eq!(queues.retry_all(QUEUE, None).await.unwrap(), 3);
    for _ in 0..9 {
        world.next().await;
    }
    world.until_counts(|counts| counts.failed == 3 && counts.active == 0).await;
    worker.shutdown().await;
    assert!(world.is_quiet());
}

async fn a_delayed_job_is_promoted(mut world: World) {
    let worker = world.worker();
    let later = world.clock.now_ms() + 3_600_000;
    world.add(NewJob { run_at: later, ..told("one", json!({})) }).await;
    world.until_counts(|counts| counts.delayed == 1).await;
    world.queues().promote("one").await.unwrap();
    assert_eq!(world.started().await.0, "one");
    world.until_state("one", JobState::Completed).await;
    worker.shutdown().await;
}

async fn what_has_ended_is_cleared(mut world: World) {
    let worker = world.worker();
    fail(&mut world, &["bad-1", "bad-2"]).await;
    world.add(told("good", json!({}))).await;
    world.started().await;
    world.until_counts(|counts| counts.completed == 1).await;
    let queues = world.queues();
    let now = world.clock.now_ms();
    assert_eq!(queues.clear(QUEUE, JobState::Failed, now - 3_600_000).await.unwrap(), 0, "too young");
    assert_eq!(queues.clear(QUEUE, JobState::Failed, now).await.unwrap(), 2);
    world.until_counts(|counts| counts.failed == 0 && counts.completed == 1).await;
    queues.remove("good").await.unwrap();
    world.until_counts(|counts| counts.completed == 0).await;
    assert!(matches!(queues.find("good").await, Err(QueuesError::NoSuchJob(_))));
    worker.shutdown().await;
}

async fn nothing_is_done_to_a_job_in_the_wrong_state(mut world: World) {
    let worker = world.worker_called("ours", 4, Default::default(), 0);
    world.add(told("done", json!({}))).await;
    world.started().await;
    world.until_state("done", JobState::Completed).await;
    world.add(told("running", json!({ "endless": true }))).await;
    world.started().await;
    world.until_state("running", JobState::Active).await;
    world.until_counts(|counts| counts.completed == 1 && counts.active == 1).await;
    let queues = world.queues();
    for refused in [
        queues.retry("done").await,
        queues.promote("done").await,
        queues.cancel("done").await,
        queues.retry("running").await,
        queues.remove("running").await,
    ] {
        assert!(matches!(refused, Err(QueuesError::WrongState { .. })), "{refused:?}");
    }
    assert!(matches!(queues.retry("unknown").await, Err(QueuesError::NoSuchJob(_))));
    assert!(matches!(queues.pause("unknown").await, Err(QueuesError::NoSuchQueue { .. })));
    worker.shutdown().await;
}
