//! The stories of `examples/` against real products, by choice: for each platform whose `USHER_LIVE_…` variables are set.
//!
//! | platform | variables |
//! |---|---|
//! | MISP | `USHER_LIVE_MISP_URL`, `USHER_LIVE_MISP_KEY` |
//! | OpenCTI | `USHER_LIVE_OPENCTI_URL`, `USHER_LIVE_OPENCTI_TOKEN` |
//! | Identity Exposure | `USHER_LIVE_TIE_URL`, `USHER_LIVE_TIE_KEY` |
//! | Falcon | `USHER_LIVE_FALCON_URL` (or a cloud's name), `USHER_LIVE_FALCON_ID`, `USHER_LIVE_FALCON_SECRET` |
//! | Civis | `USHER_LIVE_CIVIS_URL`, `USHER_LIVE_CIVIS_KEY` |
//!
//! Nothing is written unless `USHER_LIVE_WRITE=1`; what is made is called `usher-live-…@example.invalid` (or `example.org`, or what
//! `USHER_LIVE_DOMAIN` says) and taken away again, except at Civis, where an account can only be deactivated. Usher itself is such a product:
//! `first-run.env` names the addresses and credentials, and the domain is `example.org`.

use usher_platforms::Secret;
use usher_platforms::civis::{self, Civis};
use usher_platforms::falcon::{self, Falcon};
use usher_platforms::misp::{Misp, UserQuery};
use usher_platforms::opencti::OpenCti;
use usher_platforms::tenable::IdentityExposure;

#[path = "../../examples/civis.rs"]
#[expect(dead_code, reason = "its `main` is for running it alone")]
mod civis_story;
#[path = "../../examples/falcon.rs"]
#[expect(dead_code, reason = "its `main` is for running it alone")]
mod falcon_story;
#[path = "../../examples/misp.rs"]
#[expect(dead_code, reason = "its `main` is for running it alone")]
mod misp_story;
#[path = "../../examples/opencti.rs"]
#[expect(dead_code, reason = "its `main` is for running it alone")]
mod opencti_story;
#[path = "../../examples/tenable.rs"]
#[expect(dead_code, reason = "its `main` is for running it alone")]
mod tenable_story;

/// The address and the credential, if both are set.
fn target(platform: &str, credential: &str) -> Option<(String, Secret)> {
    let url = std::env::var(format!("USHER_LIVE_{platform}_URL")).ok()?;
    let secret = Secret::from_env(&format!("USHER_LIVE_{platform}_{credential}"));
    Some((
        url,
        secret.expect("the address is set, and its credential is not"),
    ))
}

fn writes() -> bool {
    std::env::var("USHER_LIVE_WRITE").is_ok_and(|value| value == "1")
}

/// The address of the account that is made at a platform; `USHER_LIVE_DOMAIN` is for products that refuse the usual domain.
fn address(platform: &str, domain: &str) -> String {
    let domain = std::env::var("USHER_LIVE_DOMAIN").unwrap_or_else(|_| domain.to_owned());
    format!("usher-live-{platform}-{}@{domain}", std::process::id())
}

/// Of those that take it: mail to it goes nowhere.
const NOWHERE: &str = "example.invalid";
/// Of those that refuse that one; no mail goes there either.
const EXAMPLE: &str = "example.org";

#[tokio::test]
async fn misp() {
    let Some((url, key)) = target("MISP", "KEY") else {
        return;
    };
    let misp = Misp::builder(url).key(key).build().unwrap();
    misp.version().await.unwrap();
    misp.users(&UserQuery::new()).await.unwrap();
    if writes() {
        misp_story::story(&misp, &address("misp", NOWHERE))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn opencti() {
    let Some((url, token)) = target("OPENCTI", "TOKEN") else {
        return;
    };
    let opencti = OpenCti::builder(url).token(token).build().unwrap();
    opencti.about().await.unwrap();
    opencti.me().await.unwrap();
    if writes() {
        let address = address("opencti", NOWHERE);
        Box::pin(opencti_story::story(&opencti, &address))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn tenable() {
    let Some((url, key)) = target("TIE", "KEY") else {
        return;
    };
    let tie = IdentityExposure::builder(url).key(key).build().unwrap();
    tie.about().await.unwrap();
    tie.whoami().await.unwrap();
    if writes() {
        tenable_story::story(&tie, &address("tie", NOWHERE))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn falcon() {
    let Some((cloud, secret)) = target("FALCON", "SECRET") else {
        return;
    };
    let id = Secret::from_env("USHER_LIVE_FALCON_ID").unwrap();
    let falcon = Falcon::builder(cloud)
        .api_client(id.expose(), secret)
        .build()
        .unwrap();
    falcon.ccid().await.unwrap();
    let users = falcon.query_users(&falcon::UserQuery::new());
    users.all().await.unwrap();
    if writes() {
        falcon_story::story(&falcon, &address("falcon", EXAMPLE))
            .await
            .unwrap();
    }
    falcon.close().await.unwrap();
}

#[tokio::test]
async fn civis() {
    let Some((url, key)) = target("CIVIS", "KEY") else {
        return;
    };
    let civis = Civis::builder(url).key(key).build().unwrap();
    civis.me().await.unwrap();
    let users = civis.list_users(&civis::UserQuery::new());
    users.all().await.unwrap();
    if writes() {
        civis_story::story(&civis, &address("civis", EXAMPLE))
            .await
            .unwrap();
    }
}
