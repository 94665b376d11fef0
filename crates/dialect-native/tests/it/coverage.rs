use dialect_native::DIALECT;

use super::fault;
use test_support::{Reply, coverage, hostile};

fn bearer(key: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {key}"))
}

fn unauthenticated(reply: &Reply) -> bool {
    let (status, kind, _) = fault(reply);
    status == 401
        && ["no-credential", "unknown-credential"].contains(&kind.as_str())
        && reply.header("www-authenticate") == Some("Bearer")
}

#[tokio::test]
async fn every_route_refuses_strangers_and_the_powerless() {
    coverage(&DIALECT, bearer, unauthenticated).await;
}

#[tokio::test]
async fn every_route_answers_nonsense_with_a_problem() {
    hostile(&DIALECT, bearer, |reply| fault(reply).0 == reply.status).await;
}
