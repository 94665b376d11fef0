//! The bare server: axum with a constant body, built like the real one's listener.

use anyhow::Result;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

/// About the size of one user in JSON.
const BODY: &str = r#"{"id":"0198c7a2-5b1e-7c3a-9f52-1d2e3f405162","number":4711,"login":"person4711@example.org","email":"person4711@example.org","display":null,"given":"Person","family":"Number 4711","name":"Person Number 4711","kind":"person","status":"active","standing":"active","created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"}"#;

/// Serves until killed; prints its address.
pub fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("bare ready on http://{} ", listener.local_addr()?);
        let router = Router::new().route(
            "/",
            get(|| async { ([(CONTENT_TYPE, "application/json")], BODY) }),
        );
        axum::serve(listener, router).await?;
        Ok(())
    })
}
