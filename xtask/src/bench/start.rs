//! `start`: the whole platform from nothing to ready, and its memory while nothing happens, beside the least a team
//! would glue together for the same: a Redis, and a Node process with an HTTP server, a BullMQ worker and an S3 client.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use super::process::Measured;
use super::table::{Spread, print};

const ROUNDS: usize = 3;
/// Long enough for what is done after the start, and for the idle processor time to show.
const IDLE: Duration = Duration::from_secs(5);

/// What one round measured.
struct Round {
    cpu_s: f64,
    start_s: f64,
    idle_rss_mb: f64,
    idle_cpu_percent: f64,
}

pub(super) fn run() -> anyhow::Result<Value> {
    let telecine = Path::new("target/release/telecine").canonicalize().context("scripts/bench builds it")?;
    let (mut ours, mut again, mut peer) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        let folder = tempfile::tempdir()?;
        ours.push(measure_ours(&telecine, folder.path())?);
        peer.push(measure_peer()?);
        again.push(measure_ours(&telecine, folder.path())?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a binary is far below 2^52 bytes")]
    let binary_mb = std::fs::metadata(&telecine)?.len() as f64 / 1e6;
    let columns = ["cpu_s", "start_s", "idle_rss_mb", "idle_cpu_percent"];
    let rows = [
        ("telecine, first start", spreads(&ours)),
        ("telecine, later start", spreads(&again)),
        ("redis + node (fastify, bullmq, s3 client)", spreads(&peer)),
    ];
    print(&columns, &rows);
    println!("binary_mb {binary_mb:.1}");
    Ok(json!({
        "start_s": rows[0].1[1].median,
        "idle_rss_mb": rows[0].1[2].max,
        "binary_mb": binary_mb,
        "start_cpu_s": rows[0].1[0].median,
        "idle_cpu_percent": rows[0].1[3].median,
        "peer_start_s": rows[2].1[1].median,
        "peer_start_cpu_s": rows[2].1[0].median,
        "peer_idle_rss_mb": rows[2].1[2].median,
    }))
}

fn spreads(rounds: &[Round]) -> Vec<Spread> {
    let column = |pick: fn(&Round) -> f64| Spread::of(rounds.iter().map(pick).collect());
    vec![
        column(|r| r.cpu_s),
        column(|r| r.start_s),
        column(|r| r.idle_rss_mb),
        column(|r| r.idle_cpu_percent),
    ]
}

fn measure_ours(telecine: &Path, folder: &Path) -> anyhow::Result<Round> {
    let mut command = Command::new(telecine);
    command.args(["serve", "--json"]).current_dir(folder).env("PORT", "0");
    command.env("TELECINE_STORAGE_LISTEN", "127.0.0.1:0").env("TELECINE_DATA_DIR", folder.join("data"));
    let started = Measured::start(&mut command, "started_s")?;
    weigh(started.start_s, &[&started])
}

fn measure_peer() -> anyhow::Result<Round> {
    let folder = tempfile::tempdir()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let mut redis = Command::new("redis-server");
    redis
        .args(["--bind", "127.0.0.1", "--port", &port, "--appendonly", "yes", "--save", ""])
        .current_dir(folder.path());
    let redis = Measured::start(&mut redis, "Ready to accept")?;
    let script = PathBuf::from("xtask/peers/start/server.mjs");
    let node = Measured::start(Command::new("node").arg(script).env("REDIS_PORT", &port), "ready")?;
    weigh(redis.start_s + node.start_s, &[&redis, &node])
}

fn weigh(start_s: f64, processes: &[&Measured]) -> anyhow::Result<Round> {
    let cpu = || processes.iter().map(|process| process.cpu_s()).sum::<anyhow::Result<f64>>();
    let cpu_s = cpu()?;
    std::thread::park_timeout(IDLE);
    let idle_rss_mb = processes.iter().map(|process| process.rss_mb()).sum::<anyhow::Result<f64>>()?;
    let before = cpu()?;
    std::thread::park_timeout(IDLE);
    let idle_cpu_percent = (cpu()? - before) / IDLE.as_secs_f64() * 100.0;
    Ok(Round { cpu_s, start_s, idle_rss_mb, idle_cpu_percent })
}
