//! Machines whose clocks are set wrong.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use telecine_db::{ServerClock, jobs};
use telecine_model::{Clock, JobState, SystemClock};
use telecine_tests::clock::WrongClock;
use telecine_tests::database;

use super::world::{Event, World, told};

#[tokio::test]
async fn processes_go_by_the_clock_of_the_database_server() {
    let Some(world) = World::on_postgresql().await else { return };
    for hours in [-5, 5] {
        let wrong = Arc::new(WrongClock(SignedDuration::from_hours(hours)));
        let clock = ServerClock::of(&world.db, wrong).await.unwrap();
        let difference = clock.now_ms() - SystemClock.now_ms();
        assert!(difference.abs() < 500, "{difference} ms");
    }
}

#[tokio::test]
async fn a_machine_that_is_an_hour_ahead_takes_nobodys_job_and_runs_delayed_ones_in_time() {
    let Some(mut world) = World::on_postgresql().await else { return };
    let tx = world.db.begin().await.unwrap();
    let now = SystemClock.now_ms();
    jobs::insert(&tx, &told("held", json!({})), now).await.unwrap();
    let held = database::claim(
        &tx,
        super::world::QUEUE,
        1,
        jobs::Claimant { worker: "another", now, lease_until: now + 60_000 },
    )
    .await
    .unwrap()
    .remove(0);
    tx.commit().await.unwrap();

    let ahead = Arc::new(WrongClock(SignedDuration::from_hours(1)));
    world.clock = ServerClock::of(&world.db, ahead).await.unwrap();
    let worker = world.worker();
    let due = SystemClock.now_ms() + 1000;
    world.add(jobs::NewJob { run_at: due, ..told("later", json!({})) }).await;
    let Event::Started { id, at_ms } = world.next().await else { panic!("no start") };
    assert_eq!(id, "later");
    assert!((due - 50..due + 1000).contains(&at_ms), "{} ms late", at_ms - due);
    world.until_state("later", JobState::Completed).await;
    worker.shutdown().await;
    let row = world.until_state("held", JobState::Active).await;
    assert_eq!((row.token, row.worker.as_deref()), (held.token, Some("another")));
    assert!(world.is_quiet());
}
