//! Pages of other origins.

use reqwest::{Method, Response, StatusCode};
use telecine_tests::server::Server;

use crate::home;

const APP: &str = "https://app.example";

async fn preflight(server: &Server, path: &str, origin: &str) -> Response {
    let address = format!("{}{path}", server.client.origin());
    let asked = server.client.http.request(Method::OPTIONS, address).header("origin", origin);
    asked
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
        .unwrap()
}

async fn read(server: &Server, path: &str, origin: &str) -> Response {
    let address = format!("{}{path}", server.client.origin());
    server.client.http.get(address).header("origin", origin).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn without_a_list_other_origins_upload_and_read_nothing_else() {
    let mut home = home();
    let server = home.serve().await;
    for path in ["/api/v1/uploads", "/api/v1/uploads/x/parts", "/api/v1/upload-limits"] {
        let asked = preflight(&server, path, APP).await;
        assert_eq!(header(&asked, "access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(header(&asked, "access-control-allow-credentials"), None, "cookies stay at home");
    }
    for response in [
        preflight(&server, "/api/v1/uploads-of-others", APP).await,
        preflight(&server, "/api/v1/upload-tokens", APP).await,
        read(&server, "/api/v1/videos", APP).await,
        read(&server, "/health", APP).await,
    ] {
        assert_eq!(header(&response, "access-control-allow-origin"), None, "{response:?}");
        assert_eq!(header(&response, "access-control-allow-methods"), None, "{response:?}");
    }
}

#[tokio::test]
async fn listed_origins_use_the_api_with_a_token_and_never_with_cookies() {
    let mut home = home();
    home.set("TELECINE_CORS_ORIGINS", "https://app.example, http://localhost:5173");
    let server = home.serve().await;
    for origin in [APP, "http://localhost:5173"] {
        let asked = preflight(&server, "/api/v1/uploads", origin).await;
        assert_eq!(asked.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(&asked, "access-control-allow-origin"), Some(origin));
        assert_eq!(header(&asked, "access-control-allow-headers"), Some("Authorization, Content-Type"));
        assert!(header(&asked, "access-control-allow-methods").unwrap().contains("DELETE"));
        let refused = read(&server, "/api/v1/videos", origin).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            header(&refused, "access-control-allow-origin"),
            Some(origin),
            "problems are readable too"
        );
        assert_eq!(header(&refused, "access-control-allow-credentials"), None);
    }
    for other in ["https://app.example.evil", "http://app.example", "https://app.example:8443", "null", ""] {
        for response in
            [preflight(&server, "/api/v1/uploads", other).await, read(&server, "/health", other).await]
        {
            assert_eq!(header(&response, "access-control-allow-origin"), None, "{other}");
            assert!(header(&response, "vary").unwrap().contains("Origin"), "caches keep answers apart");
        }
    }
}
