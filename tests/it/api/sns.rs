//! Events of AWS S3 through SNS, against a double that signs as SNS does. The API runs in this process, so that it can
//! be told to ask the double.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_api::MetricsConfig;
use telecine_app::access::{Signer, create_token};
use telecine_app::cache::CacheConfig;
use telecine_app::events::EventHub;
use telecine_app::health::Health;
use telecine_app::storage_events::{StorageEvents, StorageEventsConfig};
use telecine_app::uploads::UploadsConfig;
use telecine_app::{App, DeliveryConfig, Hosts, ImportsConfig, ScratchSpace, playback};
use telecine_image::{Pool, PoolConfig};
use telecine_model::{Clock, Scope, SystemClock};
use telecine_outbound::{Limits, Outbound, OutboundConfig};
use telecine_queue::TableQueues;
use telecine_storage::Urls;
use telecine_storage::purge::{CdnPurge, PurgeConfig};
use telecine_storage::remote::RemoteUploads;
use telecine_storage::urls::RedisConfig;
use telecine_tests::client::{Answer, Client, answer, text};
use telecine_tests::database::{self, TestDatabase};
use telecine_tests::sns::{SnsDouble, TOPIC};
use telecine_tests::storage::RunningServer;
use telecine_video::{Tools, VideoConfig};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The API without workers: what is to be processed stays so.
struct Api {
    client: Client,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    storage: RunningServer,
    _database: TestDatabase,
    _folder: TempDir,
}

impl Api {
    async fn start(sns: Arc<SnsDouble>) -> Self {
        use secrecy::ExposeSecret as _;
        let folder = tempfile::tempdir().unwrap();
        let database = database::sqlite().await.unwrap();
        let storage = RunningServer::start(&folder.path().join("objects")).await;
        let store = storage.bucket("telecine").store;
        store.ensure_bucket().await.unwrap();
        let token = create_token(&database.db, &SystemClock, "test", Scope::Full).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        let video = VideoConfig::default();
        let config = StorageEventsConfig { sns_topic_arn: Some(TOPIC.to_owned()), token: None };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let outbound = Outbound::new(&OutboundConfig::default()).unwrap();
        let limits = Limits { max_bytes: 0, total: Duration::ZERO, idle: Duration::ZERO };
        let registry = Arc::new(telecine_app::jobs::registry());
        let queues = TableQueues::new(database.db.clone(), clock.clone(), registry, clock.clone());
        let app = Arc::new(App {
            remote: RemoteUploads::new(store.clone(), outbound.clone(), limits, clock.clone()),
            outbound: outbound.clone(),
            hosts: Hosts::default(),
            cache: CacheConfig::default(),
            images: Pool::new(PoolConfig::new("/nowhere", [""; 0])).unwrap(),
            imports: ImportsConfig::default(),
            db: database.db.clone(),
            urls: Urls::new(store.clone(), None, &RedisConfig::default(), clock.clone()).unwrap(),
            cdn: CdnPurge::new(&PurgeConfig::default(), outbound.clone(), clock.clone()).unwrap(),
            store,
            clock: Arc::new(SystemClock),
            signer: Signer::load(&database.db).await.unwrap(),
            tools: Tools::from(&video),
            video,
            scratch: ScratchSpace::open(folder.path().join("scratch")).unwrap(),
            public_url: public_url.parse().unwrap(),
            delivery: DeliveryConfig::default(),
            uploads: UploadsConfig::default(),
            storage_events: StorageEvents::new(config, sns),
            tasks: TaskTracker::new(),
            manifests: playback::manifest_cache(),
            metrics: Arc::default(),
            health: Health::new(None),
            queues: Arc::new(queues),
            events: EventHub::default(),
        });
        let shutdown = CancellationToken::new();
        let api = telecine_api::Api { app, cors_origins: Vec::new(), metrics: MetricsConfig::default() };
        let serving = tokio::spawn(api.serve(listener, shutdown.clone()));
        let client = Client::new(&format!("{public_url}/api/v1"), token.expose_secret().to_owned());
        Self { client, shutdown, serving, storage, _database: database, _folder: folder }
    }

    async fn send(&self, envelope: &Value) -> Answer {
        let address = format!("{}/api/v1/storage-events", self.client.origin());
        let request = self.client.http.post(address).header("content-type", "text/plain; charset=UTF-8");
        let request = request.header("x-amz-sns-message-type", envelope["Type"].as_str().unwrap_or_default());
        answer(request.body(envelope.to_string()).send().await.unwrap()).await
    }

    /// A file in storage whose upload nobody has completed, and the event that tells of it.
    async fn arrived(&self) -> (String, Value) {
        let upload = self.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
        assert_eq!(self.client.put(&upload, b"abcd".to_vec()).await, StatusCode::OK);
        let video_id = text(&upload["video_id"]).to_owned();
        let event = json!({ "Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1",
            "eventTime": "2026-11-21T12:00:00.000Z", "eventName": "ObjectCreated:Put",
            "s3": { "s3SchemaVersion": "1.0", "configurationId": "uploads",
                "bucket": { "name": "telecine", "arn": "arn:aws:s3:::telecine" },
                "object": { "key": format!("videos/{video_id}/source"), "size": 4, "eTag": "abc", "sequencer": "0A1B" } },
        }] });
        (video_id, event)
    }

    async fn status(&self, video_id: &str) -> String {
        let video = self.client.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK);
        text(&video["status"]).to_owned()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        drop(self.client);
        self.serving.await.unwrap();
        self.storage.stop().await;
    }
}

#[tokio::test]
async fn a_notification_that_sns_has_signed_starts_the_processing() {
    let Some(sns) = SnsDouble::start().map(Arc::new) else { return };
    let api = Api::start(sns.clone()).await;
    for version in ["1", "2"] {
        let (video_id, event) = api.arrived().await;
        let envelope = sns.notification(&event, version);
        for _ in 0..2 {
            let heard = api.send(&envelope).await.expect(StatusCode::OK);
            assert_eq!(heard, json!({ "objects": 1, "arrived": 1 }));
            assert_eq!(api.status(&video_id).await, "processing");
        }
    }
    assert_eq!(sns.asked().len(), 1, "the certificate is fetched once");
    api.stop().await;
}

#[tokio::test]
async fn the_subscription_to_the_topic_is_confirmed() {
    let Some(sns) = SnsDouble::start().map(Arc::new) else { return };
    let api = Api::start(sns.clone()).await;
    api.send(&sns.subscription_confirmation()).await.expect(StatusCode::OK);
    assert!(sns.asked()[1].contains("Action=ConfirmSubscription"), "{:?}", sns.asked());
    api.stop().await;
}

#[tokio::test]
async fn messages_that_are_not_of_the_topic_are_refused_and_make_no_request() {
    let Some(sns) = SnsDouble::start().map(Arc::new) else { return };
    let api = Api::start(sns.clone()).await;
    let (video_id, event) = api.arrived().await;
    let genuine = sns.notification(&event, "2");
    let with = |name: &str, value: &str| {
        let mut envelope = genuine.clone();
        envelope[name] = value.into();
        // Signed again: only this one thing is wrong.
        sns.signed(envelope, "2")
    };
    for wrong in [
        with("TopicArn", "arn:aws:sns:eu-central-1:999999999999:uploads"),
        with("SigningCertURL", "https://evil.example/SimpleNotificationService-0123456789abcdef.pem"),
        with("SigningCertURL", "https://sns.eu-central-1.amazonaws.com.evil.example/a.pem"),
        with("SigningCertURL", "https://sns.eu-central-1.amazonaws.com@evil.example/a.pem"),
        with("SigningCertURL", "https://sns.eu-central-1.amazonaws.com:8443/a.pem"),
        with("SigningCertURL", "http://sns.eu-central-1.amazonaws.com/a.pem"),
        with("SigningCertURL", "https://sns.us-east-1.amazonaws.com/a.pem"),
        with("SigningCertURL", "https://sns.eu-central-1.amazonaws.com/?a=.pem"),
        with("SignatureVersion", "3"),
        json!({ "Type": "Notification", "TopicArn": TOPIC }),
    ] {
        let refused = api.send(&wrong).await;
        assert!(matches!(refused.status.as_u16(), 401 | 403), "{wrong}: {}", refused.json);
    }
    assert_eq!(sns.asked(), Vec::<String>::new(), "none of them makes the server ask anybody");
    assert_eq!(api.status(&video_id).await, "pending_upload");
    api.stop().await;
}

#[tokio::test]
async fn altered_messages_and_foreign_confirmations_are_refused() {
    let (Some(sns), Some(stranger)) = (SnsDouble::start().map(Arc::new), SnsDouble::start()) else { return };
    let api = Api::start(sns.clone()).await;
    let (video_id, event) = api.arrived().await;
    let genuine = sns.notification(&event, "2");
    for (name, value) in [
        ("Message", "{\"Records\":[]}"),
        ("MessageId", "another"),
        ("Subject", "another"),
        ("Timestamp", "2030-01-01T00:00:00.000Z"),
        ("Type", "SubscriptionConfirmation"),
        ("SignatureVersion", "1"),
        ("Signature", "AAAA"),
        ("Signature", "no base64"),
        ("Signature", ""),
    ] {
        let mut altered = genuine.clone();
        altered[name] = value.into();
        api.send(&altered).await.expect_problem(403, "sns_message_refused");
    }
    api.send(&stranger.notification(&event, "2")).await.expect_problem(403, "sns_message_refused");
    let mut elsewhere = sns.subscription_confirmation();
    elsewhere["SubscribeURL"] = "https://evil.example/?Action=ConfirmSubscription".into();
    api.send(&sns.signed(elsewhere, "1")).await.expect_problem(403, "sns_message_refused");
    let mut missing = genuine.clone();
    missing["SigningCertURL"] = "https://sns.eu-central-1.amazonaws.com/missing.pem".into();
    api.send(&missing).await.expect_problem(503, "sns_unavailable");
    assert_eq!(sns.asked().iter().filter(|url| url.contains("ConfirmSubscription")).count(), 0);
    assert_eq!(api.status(&video_id).await, "pending_upload");
    api.stop().await;
}
