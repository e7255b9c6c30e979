//! Jobs that come again and again.

use serde_json::json;
use telecine_db::schedules;
use telecine_queue::{Rhythm, schedule_row};

use super::world::{World, on_every_engine, told};

on_every_engine!(
    a_schedule_brings_its_job_again_and_again,
    a_schedule_that_is_written_three_times_is_one,
    a_run_that_was_missed_comes_once,
);

async fn schedule(world: &World, id: &str, rhythm: Rhythm) {
    let tx = world.db.begin().await.unwrap();
    schedule_row(&tx, &*world.clock, id, rhythm, told(id, json!({}))).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_schedule_brings_its_job_again_and_again(mut world: World) {
    let worker = world.worker();
    schedule(&world, "tick", Rhythm::Every(1000)).await;
    let mut starts = Vec::new();
    for _ in 0..3 {
        let (id, at_ms) = world.started().await;
        assert_eq!(id, "tick");
        starts.push(at_ms);
    }
    let (first, last) = (starts[0], starts[2]);
    assert!((1500..4000).contains(&(last - first)), "{starts:?}");
    worker.shutdown().await;
    let tx = world.db.begin().await.unwrap();
    assert!(schedules::remove(&tx, "tick").await.unwrap());
    tx.commit().await.unwrap();
    assert!(schedules::list(world.db.read()).await.unwrap().is_empty());
}

async fn a_schedule_that_is_written_three_times_is_one(mut world: World) {
    let nightly = || Rhythm::Cron { pattern: "0 2 * * *".into(), time_zone: Some("Europe/Berlin".into()) };
    for _ in 0..3 {
        schedule(&world, "nightly", nightly()).await;
        schedule(&world, "hourly", Rhythm::Every(3_600_000)).await;
    }
    let worker = world.worker();
    assert_eq!(world.started().await.0, "hourly", "an interval begins at once");
    let all = schedules::list(world.db.read()).await.unwrap();
    assert_eq!(all.iter().map(|schedule| schedule.id.as_str()).collect::<Vec<_>>(), ["hourly", "nightly"]);
    assert!(all.iter().all(|schedule| schedule.next_at > world.clock.now_ms()));
    worker.shutdown().await;
    let worker = world.worker();
    schedule(&world, "hourly", Rhythm::Every(3_600_000)).await;
    world.add(told("sign of life", json!({}))).await;
    assert_eq!(world.started().await.0, "sign of life", "a restart brings no second run");
    worker.shutdown().await;
}

async fn a_run_that_was_missed_comes_once(mut world: World) {
    schedule(&world, "tick", Rhythm::Every(600_000)).await;
    let tx = world.db.begin().await.unwrap();
    let (due, hours_ago) = (schedules::list(tx.conn()).await.unwrap().remove(0).next_at, 5 * 3_600_000);
    assert!(schedules::advance(&tx, "tick", due, due - hours_ago, None).await.unwrap());
    tx.commit().await.unwrap();
    let worker = world.worker();
    assert_eq!(world.started().await.0, "tick");
    world.add(told("sign of life", json!({}))).await;
    assert_eq!(world.started().await.0, "sign of life");
    let next = schedules::list(world.db.read()).await.unwrap().remove(0).next_at;
    assert!(next > world.clock.now_ms() && next <= world.clock.now_ms() + 600_000);
    worker.shutdown().await;
}
