//! Every integration test, in one binary: the story of the product, driven from outside.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on stops with a message"
)]

mod api;
mod assets;
mod cli;
mod db;
mod desk;
mod doctor;
mod flow;
mod image;
mod interop;
mod jobs_command;
mod outbound;
mod queue;
mod storage;

use std::time::Duration;

use telecine_tests::postgres::Postgres;
use telecine_tests::server::Home;

/// The binary under test, built by cargo before the tests run.
const TELECINE: &str = env!("CARGO_BIN_EXE_telecine");

/// Longer than anything that is waited for with [`eventually`].
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// An empty home for servers of the binary under test.
fn home() -> Home {
    Home::new(TELECINE)
}

/// A home for servers on each database, and the PostgreSQL of the second; one where there is none.
fn homes() -> impl Iterator<Item = (Home, Option<Postgres>)> {
    let on_postgres = Postgres::start().map(|postgres| {
        let mut home = home();
        home.set("DATABASE_URL", &postgres.url());
        (home, Some(postgres))
    });
    [(home(), None)].into_iter().chain(on_postgres)
}

/// Whether the condition comes true in time.
async fn eventually(condition: impl Fn() -> bool) -> bool {
    eventually_async(async || condition()).await
}

/// Whether the condition comes true in time.
async fn eventually_async(condition: impl AsyncFn() -> bool) -> bool {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, holds).await.is_ok()
}

/// Whether the chaos suites run in their full form.
#[expect(clippy::disallowed_methods, reason = "scripts/test --soak asks for the full form")]
fn is_soak() -> bool {
    std::env::var("TELECINE_SOAK").is_ok_and(|soak| !soak.is_empty())
}
