//! Sends spans in batches.

use std::time::Duration;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::otlp::{Span, document};

/// Spans in one request.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const BATCH_EVERY: Duration = Duration::from_secs(2);
/// The longest request to the collector.
const SEND_LIMIT: Duration = Duration::from_secs(5);
/// What is left at the end of the process gets this long.
const FINISH_LIMIT: Duration = Duration::from_secs(2);

/// Takes spans and sends them, once it is [started](Exporter::start).
pub(crate) struct Exporter {
    address: String,
    headers: HeaderMap,
    service: String,
    ended: mpsc::Receiver<Span>,
}

/// A running exporter.
pub(crate) struct Exporting {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Exporter {
    pub(super) fn new(
        address: String,
        headers: HeaderMap,
        service: String,
        ended: mpsc::Receiver<Span>,
    ) -> Self {
        Self { address, headers, service, ended }
    }

    /// Starts sending.
    pub(crate) fn start(self) -> anyhow::Result<Exporting> {
        let client =
            reqwest::Client::builder().timeout(SEND_LIMIT).default_headers(self.headers.clone()).build()?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(self.send_all(client, stop.clone()));
        Ok(Exporting { stop, task })
    }

    async fn send_all(mut self, client: reqwest::Client, stop: CancellationToken) {
        let mut was_refused = false;
        loop {
            let batch = self.next_batch(&stop).await;
            if batch.is_empty() {
                return;
            }
            let sent = self.send(&client, &batch).await;
            // Told when it begins and when it is over, not with every batch.
            match &sent {
                Err(error) if !was_refused => {
                    tracing::warn!(error, "spans cannot be sent to the collector and are dropped");
                }
                Ok(()) if was_refused => tracing::info!("spans are sent to the collector again"),
                _ => {}
            }
            was_refused = sent.is_err();
        }
    }

    /// Spans that have ended; none once the process ends and nothing is left.
    async fn next_batch(&mut self, stop: &CancellationToken) -> Vec<Span> {
        let mut batch = Vec::new();
        tokio::select! {
            _ = self.ended.recv_many(&mut batch, BATCH) => {
                let more = async {
                    while batch.len() < BATCH
                        && let Some(span) = self.ended.recv().await
                    {
                        batch.push(span);
                    }
                };
                tokio::select! {
                    () = more => {}
                    () = tokio::time::sleep(BATCH_EVERY) => {}
                    () = stop.cancelled() => {}
                }
            }
            () = stop.cancelled() => {}
        }
        while batch.len() < BATCH
            && let Ok(span) = self.ended.try_recv()
        {
            batch.push(span);
        }
        batch
    }

    async fn send(&self, client: &reqwest::Client, spans: &[Span]) -> Result<(), String> {
        let body = document(&self.service, spans).to_string();
        let request = client.post(&self.address).header(CONTENT_TYPE, "application/json").body(body);
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("it answers {}", answer.status())) }
    }
}

impl Exporting {
    /// Sends what is left, for 2 s at most.
    pub(crate) async fn finish(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(FINISH_LIMIT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
