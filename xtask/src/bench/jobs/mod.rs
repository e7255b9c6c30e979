//! `jobs`: adding and working off jobs that do nothing, on each engine beside the npm package on the same Redis.

pub(crate) mod contender;

use std::process::Command;

use anyhow::bail;
use clap::ValueEnum;
use serde_json::{Map, Value, json};
use telecine_tests::postgres::Postgres;
use telecine_tests::redis::Redis;

use super::table::{Spread, print};

const ROUNDS: usize = 3;

/// What one process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Task {
    /// Adds jobs one at a time
    Add,
    /// Adds jobs a thousand at a time
    Bulk,
    /// Works off jobs
    Work,
    /// Adds jobs to an idle worker, one at a time
    Pickup,
    /// Does nothing for so many seconds
    Idle,
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Bulk => "bulk",
            Self::Work => "work",
            Self::Pickup => "pickup",
            Self::Idle => "idle",
        }
    }
}

/// A row of the table: a task with its size.
struct Case {
    key: &'static str,
    task: Task,
    jobs: usize,
    concurrency: usize,
}

const CASES: &[Case] = &[
    Case { key: "add", task: Task::Add, jobs: 5_000, concurrency: 1 },
    Case { key: "bulk", task: Task::Bulk, jobs: 20_000, concurrency: 1 },
    Case { key: "work_c1", task: Task::Work, jobs: 5_000, concurrency: 1 },
    Case { key: "work_c10", task: Task::Work, jobs: 20_000, concurrency: 10 },
    Case { key: "work_c100", task: Task::Work, jobs: 20_000, concurrency: 100 },
];
const PICKUP: Case = Case { key: "pickup", task: Task::Pickup, jobs: 300, concurrency: 1 };
const IDLE: Case = Case { key: "idle", task: Task::Idle, jobs: 20, concurrency: 10 };

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    /// Rows in SQLite, handed out by BullMQ
    BullMq,
    Sqlite,
    Postgres,
    Npm,
}

impl Engine {
    const ALL: [Self; 4] = [Self::Npm, Self::BullMq, Self::Sqlite, Self::Postgres];

    fn name(self) -> &'static str {
        match self {
            Self::BullMq => "bullmq",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Npm => "npm",
        }
    }
}

pub(super) fn run() -> anyhow::Result<Value> {
    let mut figures = Map::new();
    let mut idle: Vec<f64> = Vec::new();
    for case in CASES {
        let mut rows = Vec::new();
        let mut rounds: Vec<Vec<Value>> = vec![Vec::new(); Engine::ALL.len()];
        for number in 1..=ROUNDS {
            eprintln!("{}: round {number} of {ROUNDS}", case.key);
            for (rounds, engine) in rounds.iter_mut().zip(Engine::ALL) {
                rounds.push(measure(engine, case)?);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 jobs")]
        let jobs = case.jobs as f64;
        for (rounds, engine) in rounds.iter().zip(Engine::ALL) {
            let spread = |figure: &dyn Fn(&Value) -> f64| Spread::of(rounds.iter().map(figure).collect());
            let per_s = spread(&|round| jobs / number(round, "seconds"));
            let cpu_us = spread(&|round| number(round, "cpu_s") * 1e6 / jobs);
            let rss_mb = spread(&|round| number(round, "rss_mb"));
            let name = engine.name();
            figures.insert(format!("{name}_{}_per_s", case.key), json!(per_s.median));
            if case.key == "work_c10" {
                figures.insert(format!("{name}_work_c10_cpu_us"), json!(cpu_us.median));
                figures.insert(format!("{name}_rss_mb"), json!(rss_mb.median));
            }
            rows.push((name, vec![per_s, cpu_us, rss_mb]));
        }
        println!("\n{}: {} jobs", case.key, case.jobs);
        print(&["jobs/s", "CPU us/job", "peak RSS MB"], &rows);
    }
    for engine in [Engine::BullMq, Engine::Sqlite, Engine::Postgres] {
        let pickup = measure(engine, &PICKUP)?;
        let name = engine.name();
        println!("\npickup by an idle worker, {name}: {pickup}");
        figures.insert(format!("{name}_pickup_p99_ms"), pickup["p99_ms"].clone());
        let rest = measure(engine, &IDLE)?;
        let percent = number(&rest, "cpu_s") / number(&rest, "seconds") * 100.0;
        println!("idle CPU, {name}: {percent:.2} %");
        idle.push(percent);
    }
    figures.insert("idle_cpu_percent".into(), json!(idle.into_iter().fold(0.0, f64::max)));
    Ok(Value::Object(figures))
}

fn number(figures: &Value, key: &str) -> f64 {
    figures[key].as_f64().unwrap_or(f64::NAN)
}

/// One engine, fresh, does one task in a process of its own. Jobs to be worked off are added before, by another process:
/// for the engine on BullMQ by the npm package, as in a system whose producers are Node.
fn measure(engine: Engine, case: &Case) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let sqlite = format!("sqlite://{}", folder.path().join("jobs.sqlite").display());
    // Both are held until the end of the function.
    let redis = matches!(engine, Engine::Npm | Engine::BullMq).then(Redis::start_as_in_production).flatten();
    let postgres = (engine == Engine::Postgres).then(Postgres::start_durable).flatten();
    let (program, producer) = match (engine, &redis, &postgres) {
        (Engine::Npm, Some(redis), _) => (npm(redis), npm(redis)),
        (Engine::BullMq, Some(redis), _) => {
            (contender(&["--database", &sqlite, "--redis", &redis.url()]), npm(redis))
        }
        (Engine::Postgres, _, Some(postgres)) => {
            let contender = contender(&["--database", &postgres.url()]);
            (contender.clone(), contender)
        }
        (Engine::Sqlite, ..) => {
            let contender = contender(&["--database", &sqlite]);
            (contender.clone(), contender)
        }
        _ => bail!("{} cannot be measured: its server is not installed", engine.name()),
    };
    if case.task == Task::Work {
        finish(&producer, case, Task::Bulk)?;
    }
    finish(&program, case, case.task)
}

/// A program with its first arguments.
type Program = Vec<String>;

fn contender(place: &[&str]) -> Program {
    let xtask = std::env::current_exe().map_or_else(|_| "xtask".into(), |path| path.display().to_string());
    [&[xtask.as_str(), "contender"], place].concat().into_iter().map(str::to_owned).collect()
}

fn npm(redis: &Redis) -> Program {
    ["node", "xtask/peers/jobs/bench.mjs", &redis.url()].map(str::to_owned).into()
}

/// Runs the process to its end and reads the line it prints.
fn finish(program: &[String], case: &Case, task: Task) -> anyhow::Result<Value> {
    let (jobs, concurrency) = (case.jobs.to_string(), case.concurrency.to_string());
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]).args(["--task", task.name(), "--jobs", &jobs, "--concurrency", &concurrency]);
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("{command:?} ended with {}", output.status);
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
