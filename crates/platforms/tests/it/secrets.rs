//! A canary in every place where a secret goes in or comes out, and a search of everything that is written.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use usher_platforms::civis::{self, Civis};
use usher_platforms::falcon::{self, Falcon};
use usher_platforms::misp::{Misp, NewAuthKey, NewUser, UserChange, UserRef};
use usher_platforms::opencti::{self, OpenCti};
use usher_platforms::tenable::{self, IdentityExposure};
use usher_platforms::testing::{FixedEnvironment, Recorder, Script};
use usher_platforms::{Secret, Sent};

use crate::server::{self, Act, Server};

const CANARY: &str = "canarycanarycanarycanarycanarycanary1234";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn environment() -> FixedEnvironment {
    FixedEnvironment::at(jiff::Timestamp::UNIX_EPOCH)
}

/// What was written while a story ran: results, errors, clients, recordings.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn show(&mut self, thing: &impl std::fmt::Debug) {
        self.0.push_str(&format!("{thing:?}\n{thing:#?}\n"));
    }

    fn result<T: std::fmt::Debug>(&mut self, result: &usher_platforms::Result<T>) {
        self.show(result);
        if let Err(error) = result {
            self.0.push_str(&format!("{error}\n"));
            if let Some(vendor) = error.vendor() {
                self.0
                    .push_str(&format!("{} {}\n", vendor.message, vendor.body));
            }
        }
    }
}

/// Every answer holds the canary, and so does every request.
fn answers(script: Script, good: &str) -> Script {
    let bad = format!(
        r#"{{"message": "{CANARY} is refused", "errors": {{"password": ["{CANARY}"]}}, "error": "{CANARY}", "token": "{CANARY}"}}"#
    );
    let graphql = format!(
        r#"{{"errors": [{{"message": "{CANARY}", "extensions": {{"code": "FUNCTIONAL_ERROR"}}}}]}}"#
    );
    script
        .json(200, good)
        .json(400, &bad)
        .json(403, &bad)
        .json(500, &bad)
        .answer(
            200,
            &[("content-type", "text/html")],
            &format!("<html>{CANARY}</html>"),
        )
        .json(
            200,
            &format!(r#"{{"authkey": "{CANARY}", "User": {{"authkey":"{CANARY}"#),
        )
        .json(200, &graphql)
        .broken(Sent::Maybe)
}

async fn misp(shown: &mut Shown) {
    let good = format!(
        r#"{{"User": {{"id": 9, "authkey": "{CANARY}", "token": "{CANARY}"}}, "AuthKey": {{"id": 1, "user_id": 2, "authkey_raw": "{CANARY}"}}, "Role": {{"id": 1, "perm_admin": true}}}}"#
    );
    for call in 0..4 {
        let script = answers(Script::new(), &good);
        let recorder = Recorder::new(script);
        let client = Misp::builder("https://misp.example.org/")
            .key(CANARY)
            .transport(recorder.clone())
            .environment(environment())
            .build()
            .unwrap();
        let secret = Secret::new(CANARY);
        for _ in 0..8 {
            match call {
                0 => shown.result(
                    &client
                        .add_user(&NewUser::new("a@b.example").password(secret.clone()))
                        .await,
                ),
                1 => shown.result(&client.set_user_password(7, &secret).await),
                2 => shown.result(&client.add_auth_key(UserRef::Me, &NewAuthKey::new()).await),
                _ => shown.result(&client.change_own_password(&secret).await),
            }
        }
        shown.show(&UserChange::new().password(secret.clone()));
        shown.show(&UserChange::new().set("password", CANARY));
        shown.show(&NewUser::new("a@b.example").set("password", CANARY));
        shown.show(&client);
        shown.show(&usher_platforms::misp::operations::change_own_password(
            &secret,
        ));
        shown.0.push_str(&recorder.recording().to_string());
    }
}

async fn tenable(shown: &mut Shown) {
    for call in 0..3 {
        let good = format!(r#"{{"id": 1, "token": "{CANARY}", "password": "{CANARY}"}}"#);
        let recorder = Recorder::new(answers(Script::new(), &good));
        let client = IdentityExposure::builder("https://tie.example.org/")
            .key(CANARY)
            .transport(recorder.clone())
            .environment(environment())
            .build()
            .unwrap();
        let secret = Secret::new(CANARY);
        for _ in 0..8 {
            match call {
                0 => shown.result(
                    &client
                        .create_users(&[tenable::NewUser::new("A", "a@b.example", CANARY)])
                        .await,
                ),
                1 => shown.result(&client.change_own_password(&secret, &secret).await),
                _ => shown.result(
                    &client
                        .update_user(1, &tenable::UserChange::new().password(CANARY))
                        .await,
                ),
            }
        }
        shown.show(&tenable::NewUser::new("A", "a@b.example", CANARY));
        shown.show(&client);
        shown.0.push_str(&recorder.recording().to_string());
    }
}

async fn opencti(shown: &mut Shown) {
    for call in 0..3 {
        let good = format!(
            r#"{{"data": {{"userAdd": {{"id": "1", "password": "{CANARY}"}}, "userAdminTokenAdd": {{"token_id": "t", "plaintext_token": "{CANARY}"}}, "userEdit": {{"fieldPatch": {{"id": "1", "token": "{CANARY}"}}}}}}}}"#
        );
        let recorder = Recorder::new(answers(Script::new(), &good));
        let client = OpenCti::builder("https://opencti.example.org/")
            .token(CANARY)
            .transport(recorder.clone())
            .environment(environment())
            .build()
            .unwrap();
        let secret = Secret::new(CANARY);
        let id = opencti::UserId::new("1");
        for _ in 0..8 {
            match call {
                0 => shown.result(
                    &client
                        .create_user(&opencti::NewUser::new("A", "a@b.example").password(CANARY))
                        .await,
                ),
                1 => shown.result(
                    &client
                        .create_token(&id, "ci", opencti::TokenLife::Days30)
                        .await,
                ),
                _ => shown.result(
                    &client
                        .update_user(&id, &[opencti::Edit::password(&secret)])
                        .await,
                ),
            }
        }
        shown.show(&opencti::Edit::password(&secret));
        shown.show(&opencti::Edit::set("password", CANARY));
        shown.show(&client);
        shown.0.push_str(&recorder.recording().to_string());
    }
}

async fn falcon_calls(shown: &mut Shown) {
    let token = format!(r#"{{"access_token": "{CANARY}-token", "expires_in": 1799}}"#);
    let good = format!(
        r#"{{"meta": {{}}, "errors": [], "resources": [{{"uuid": "u", "id": "k", "secret": "{CANARY}", "password": "{CANARY}"}}]}}"#
    );
    for call in 0..3 {
        let recorder = Recorder::new(answers(Script::new().json(201, &token), &good));
        let client = Falcon::builder("https://falcon.example.org/")
            .api_client("id", CANARY)
            .transport(recorder.clone())
            .environment(environment())
            .build()
            .unwrap();
        let new = falcon::NewUser::new("a@b.example").password(CANARY);
        for _ in 0..8 {
            match call {
                0 => shown.result(&client.create_user_mssp(&new).await),
                1 => shown.result(&client.create_user(&new).await),
                _ => shown.result(&client.retrieve_emails_by_cid().await),
            }
        }
        shown.show(&new);
        shown.show(&client);
        shown.0.push_str(&recorder.recording().to_string());
    }
    // A refusal of the API client itself.
    let refused =
        format!(r#"{{"meta": {{}}, "errors": [{{"code": 403, "message": "{CANARY} is wrong"}}]}}"#);
    let client = Falcon::builder("https://falcon.example.org/")
        .api_client("id", CANARY)
        .transport(Script::new().json(403, &refused))
        .environment(environment())
        .build()
        .unwrap();
    shown.result(&client.retrieve_emails_by_cid().await);
}

async fn civis_calls(shown: &mut Shown) {
    let good = format!(r#"{{"id": 9, "name": "ci", "token": "{CANARY}", "password": "{CANARY}"}}"#);
    for call in 0..2 {
        let recorder = Recorder::new(answers(Script::new(), &good));
        let client = Civis::builder("https://civis.example.org/")
            .key(CANARY)
            .transport(recorder.clone())
            .environment(environment())
            .build()
            .unwrap();
        let change = civis::UserChange::new().password(CANARY);
        for _ in 0..8 {
            match call {
                0 => shown.result(
                    &client
                        .create_api_key(civis::KeyOwner::Me, &civis::NewApiKey::new("ci", 3600))
                        .await,
                ),
                _ => shown.result(&client.update_user(7, &change).await),
            }
        }
        shown.show(&change);
        shown.show(&client);
        shown.0.push_str(&recorder.recording().to_string());
    }
}

/// The HTTP library logs too.
async fn over_the_network(shown: &mut Shown) {
    let answer = server::json("403 Forbidden", &format!(r#"{{"message": "{CANARY}"}}"#));
    let server = Server::start(vec![Act::Answer(answer)]).await;
    let client = Misp::builder(&server.url).key(CANARY).build().unwrap();
    let new = NewUser::new("a@b.example").password(CANARY);
    shown.result(&client.add_user(&new).await);
    let client = Misp::builder("http://127.0.0.1:1/")
        .key(CANARY)
        .environment(environment())
        .proxy(format!("http://user:{CANARY}@127.0.0.1:1/"))
        .build()
        .unwrap();
    shown.result(&client.add_user(&new).await);
}

#[tokio::test]
async fn no_secret_is_written_anywhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let mut shown = Shown::default();
    misp(&mut shown).await;
    tenable(&mut shown).await;
    opencti(&mut shown).await;
    falcon_calls(&mut shown).await;
    civis_calls(&mut shown).await;
    over_the_network(&mut shown).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("platform_request"),
        "the log says something: {log}"
    );
    for (what, text) in [("the log", &log), ("what was shown", &shown.0)] {
        let at = text.find(CANARY);
        assert!(
            at.is_none(),
            "{what} holds the canary: {}",
            &text[at.unwrap().saturating_sub(300)..]
                [..400.min(text.len() - at.unwrap().saturating_sub(300))]
        );
    }
    // Nor does the log say whom a request is about.
    for word in ["a@b.example", "/users/edit/7"] {
        assert!(!log.contains(word), "{word}");
    }
}
