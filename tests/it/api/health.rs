//! Health, as load balancers and whoever starts processes again ask for it.

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_tests::client::answer;
use telecine_tests::postgres::Postgres;
use telecine_tests::server::Server;

use crate::home;

async fn get(server: &Server, path: &str) -> (StatusCode, Value) {
    let answer =
        answer(server.client.http.get(format!("{}{path}", server.client.origin())).send().await.unwrap());
    let answer = answer.await;
    (answer.status, answer.json)
}

#[tokio::test]
async fn a_server_is_ready_once_a_job_has_run() {
    let mut home = home();
    let server = home.serve().await;
    assert_eq!(get(&server, "/health/live").await, (StatusCode::OK, json!({ "status": "live" })));
    let is_ready = async || get(&server, "/health/ready").await.0 == StatusCode::OK;
    assert!(crate::eventually_async(is_ready).await);
    let ready = json!({ "status": "ready", "checks": { "database": "ok", "engine": "ok" } });
    assert_eq!(get(&server, "/health/ready").await.1, ready);
    let (status, health) = get(&server, "/health").await;
    assert_eq!((status, &health["status"]), (StatusCode::OK, &json!("healthy")));
    assert!(health["uptime"].as_f64().unwrap() > 0.0 && health["worker"].is_string(), "{health}");
}

#[tokio::test]
async fn a_server_without_workers_is_ready_and_says_that_its_jobs_run_elsewhere() {
    let mut home = home();
    let server = home.serve_with(&["--no-workers"]).await;
    let (status, ready) = get(&server, "/health/ready").await;
    assert_eq!((status, &ready["checks"]["engine"]), (StatusCode::OK, &json!("elsewhere")));
    assert_eq!(get(&server, "/health").await.1["worker"], Value::Null);
}

#[tokio::test]
async fn a_server_whose_database_has_gone_is_alive_but_not_ready() {
    let Some(postgres) = Postgres::start() else { return };
    let mut home = home();
    home.set("DATABASE_URL", &postgres.url());
    let server = home.serve().await;
    drop(postgres);
    let (status, ready) = get(&server, "/health/ready").await;
    assert_eq!((status, &ready["checks"]["database"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("silent")));
    let (status, health) = get(&server, "/health").await;
    assert_eq!((status, &health["status"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unhealthy")));
    assert_eq!(get(&server, "/health/live").await.0, StatusCode::OK);
}

#[tokio::test]
async fn health_has_a_port_of_its_own_where_the_settings_name_one() {
    let mut home = home();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    home.set("HEALTH_CHECK_PORT", &port.to_string());
    let server = home.serve().await;
    for path in ["/health", "/health/live", "/metrics", "/metrics/prometheus"] {
        let found = server.client.http.get(format!("http://127.0.0.1:{port}{path}")).send().await.unwrap();
        assert_eq!(found.status(), StatusCode::OK, "{path}");
    }
    let elsewhere =
        server.client.http.get(format!("http://127.0.0.1:{port}/api/v1/videos")).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND, "only these");
    assert!(server.stop().success());
}
