//! The page of the description.

use crate::world;

#[tokio::test]
async fn the_page_comes_whole_from_the_server() {
    let world = world().await;
    for (path, kind) in [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/page.css", "text/css; charset=utf-8"),
        ("/docs/page.js", "text/javascript; charset=utf-8"),
    ] {
        let shown = world.get(&format!("/api/v1{path}")).send().await;
        assert_eq!(shown.status, 200, "{path}");
        assert_eq!(shown.header("content-type"), Some(kind), "{path}");
        assert_eq!(
            shown.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        let policy = shown.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        // Nothing from elsewhere, and nothing inline that the policy would stop.
        for foreign in [
            "http://",
            "https://",
            "style=",
            "onclick",
            "<style",
            "innerHTML",
            "eval(",
        ] {
            assert!(!shown.text.contains(foreign), "{path}: {foreign}");
        }
    }
    let page = world.get("/api/v1/docs").send().await.text;
    assert!(page.contains("src=\"docs/page.js\"") && page.contains("href=\"docs/page.css\""));
    assert_eq!(world.get("/api/v1/docs?x=1").send().await.status, 400);
}
