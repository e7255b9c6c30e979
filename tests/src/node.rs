//! npm bullmq in one Node process (tests/interop/driver.mjs), driven line by line.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::child::{OwnedChild, owned};
use crate::redis::Redis;

/// Node needs two seconds to read both libraries on a busy machine; jobs with a backoff need more.
const PATIENCE: Duration = Duration::from_secs(60);

type Answers = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, String>>>>>;

/// A running driver. It ends with the test.
#[derive(Debug)]
pub struct Node {
    stdin: ChildStdin,
    answers: Answers,
    events: mpsc::UnboundedReceiver<Value>,
    last_id: u64,
    _process: OwnedChild,
}

/// One queue through one version of the library.
#[derive(Debug)]
pub struct NpmQueue<'a> {
    node: &'a mut Node,
    version: u8,
    queue: &'a str,
}

impl Node {
    /// Starts the driver; `None`, with the reason printed, where the packages are not installed.
    pub fn start(redis: &Redis) -> Option<Self> {
        Self::start_with_prefix(redis, "bull")
    }

    /// The same for another prefix of keys.
    pub fn start_with_prefix(redis: &Redis, prefix: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        if !folder.join("node_modules/bullmq").exists() {
            let reason = "npm bullmq is not there (npm install --no-package-lock --prefix tests/interop)";
            assert!(!crate::is_ci(), "no test with Node: {reason}");
            println!("skipped with Node: {reason}");
            return None;
        }
        let mut command = owned("node");
        command.arg(folder.join("driver.mjs")).args([redis.url().as_str(), prefix]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = OwnedChild::spawn(&mut command);
        let stdin = process.0.stdin.take().expect("piped");
        let stdout = process.0.stdout.take().expect("piped");
        let (said, events) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let waiting = answers.clone();
        // Ends with the process, whose output then ends.
        std::thread::spawn(move || listen(stdout, &waiting, &said));
        Some(Self { stdin, answers, events, last_id: 0, _process: process })
    }

    /// One queue through bullmq 5 or 6.
    pub fn queue<'a>(&'a mut self, version: u8, queue: &'a str) -> NpmQueue<'a> {
        NpmQueue { node: self, version, queue }
    }

    /// Sends a request; the library's answer, or its error.
    pub async fn request(&mut self, request: Value) -> Result<Value, String> {
        self.last_id += 1;
        let (sender, answer) = oneshot::channel();
        self.answers.lock().expect("no panic").insert(self.last_id, sender);
        let mut request = request;
        request["id"] = json!(self.last_id);
        writeln!(self.stdin, "{request}").expect("the driver reads");
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        answer.unwrap_or_else(|_| panic!("no answer to {request}")).expect("the driver lives")
    }

    /// The next line of this kind for this job: `started` from a worker, the others from `QueueEvents`. Lines before
    /// it are dropped.
    pub async fn event(&mut self, event: &str, job: &str) -> Value {
        self.event_where(event, |line| line["jobId"] == job).await
    }

    /// The next line of this kind that looks as wanted.
    pub async fn event_where(&mut self, event: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let line = self.events.recv().await.expect("the driver lives");
                if line["event"] == event && wanted(&line) {
                    return line;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("no event {event}"))
    }

    /// The lines that have come so far and were not waited for.
    pub fn events_so_far(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}

impl NpmQueue<'_> {
    /// Calls a command of the driver that must succeed.
    pub async fn call(&mut self, command: &str, arguments: Value) -> Value {
        let answer = self.try_call(command, arguments).await;
        answer.unwrap_or_else(|error| panic!("{command} on {}: {error}", self.queue))
    }

    /// Calls a command of the driver.
    pub async fn try_call(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        let mut request = arguments;
        request["version"] = json!(self.version);
        request["queue"] = json!(self.queue);
        request["command"] = json!(command);
        self.node.request(request).await
    }

    /// `queue.add`; the job's id.
    pub async fn add(&mut self, name: &str, data: Value, opts: Value) -> String {
        text(&self.call("add", json!({ "name": name, "data": data, "opts": opts })).await)
    }

    /// `queue.addBulk`; the jobs' ids.
    pub async fn add_bulk(&mut self, jobs: Value) -> Vec<String> {
        let ids = self.call("addBulk", json!({ "jobs": jobs })).await;
        ids.as_array().expect("a list").iter().map(text).collect()
    }

    /// `FlowProducer.add`; the id of the root.
    pub async fn flow(&mut self, tree: Value) -> String {
        text(&self.call("flow", json!({ "tree": tree })).await)
    }

    /// A worker whose processor does what the data of its jobs say (tests/interop/processor.mjs).
    pub async fn start_worker(&mut self, opts: Value) {
        self.call("worker", json!({ "opts": opts })).await;
    }

    /// Ends that worker when its jobs have ended.
    pub async fn stop_worker(&mut self) {
        self.call("stopWorker", json!({})).await;
    }

    /// Begins to forward the queue's events.
    pub async fn listen(&mut self) {
        self.call("events", json!({})).await;
    }

    /// What Node knows of a job: `Job.toJSON()` with `state` and `logs`; null when there is none.
    pub async fn job(&mut self, id: &str) -> Value {
        self.call("job", json!({ "job": id })).await
    }

    /// The job once it looks as wanted.
    pub async fn job_until(&mut self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let job = self.job(id).await;
            if wanted(&job) {
                return job;
            }
            assert!(tokio::time::Instant::now() < deadline, "the job stays {job}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The job once it is in this state.
    pub async fn job_in(&mut self, id: &str, state: &str) -> Value {
        self.job_until(id, |job| job["state"] == state).await
    }

    /// `queue.getJobCounts`.
    pub async fn counts(&mut self) -> Value {
        self.call("counts", json!({})).await
    }

    /// `job.waitUntilFinished`: the return value, or the failure's reason.
    pub async fn finished(&mut self, id: &str) -> Result<Value, String> {
        self.try_call("waitUntilFinished", json!({ "job": id })).await
    }

    /// A route of bull-board: `(status, body)`.
    pub async fn board(&mut self, method: &str, route: &str, params: Value, query: Value) -> (u64, Value) {
        let request = json!({ "method": method, "route": route, "params": params, "query": query });
        let mut answer = self.call("board", request).await;
        (answer["status"].as_u64().expect("a status"), answer["body"].take())
    }
}

fn listen(stdout: ChildStdout, answers: &Answers, said: &mpsc::UnboundedSender<Value>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let Ok(mut line) = serde_json::from_str::<Value>(&line) else { continue };
        let Some(id) = line["id"].as_u64() else {
            // Nobody waits for events once the test has ended.
            let _ = said.send(line);
            continue;
        };
        let answer = match line["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(line["ok"].take()),
        };
        if let Some(waiting) = answers.lock().expect("no panic").remove(&id) {
            let _ = waiting.send(answer);
        }
    }
    // Whoever still waits learns that the driver is gone.
    answers.lock().expect("no panic").clear();
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
