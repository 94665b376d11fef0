//! Tries, waits and verdicts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::core::auth::Fixed;
use crate::core::client::{Base, Core, Shared};
use crate::core::error::{Error, Outcome, Result};
use crate::core::limits::{Account, Limits};
use crate::core::observe::{Observation, Observer};
use crate::core::operation::{Draft, Facts, Operation, Repeat, gone_is_done, nothing};
use crate::core::retry::Retry;
use crate::core::secret::Secret;
use crate::core::transport::Sent;
use crate::testing::{FixedEnvironment, Script};

const CANARY: &str = "canary-of-the-credential";

#[derive(Default)]
struct Seen(Mutex<Vec<(u32, Option<u16>)>>);

impl Observer for Arc<Seen> {
    fn tried(&self, observation: &Observation) {
        let seen = (observation.attempt, observation.status);
        self.0.lock().unwrap().push(seen);
    }
}

struct Bench {
    core: Core,
    script: Script,
    environment: FixedEnvironment,
    seen: Arc<Seen>,
}

fn bench(script: Script, retry: Retry) -> Bench {
    let environment = FixedEnvironment::at("2026-11-20T12:00:00Z".parse().unwrap());
    let seen = Arc::new(Seen::default());
    let core = Core {
        platform: "test",
        base: Base::parse("https://host.example/").unwrap(),
        authorize: Arc::new(Fixed::bearer(&Secret::new(CANARY)).unwrap()),
        judge: |_| Ok(()),
        shared: Arc::new(Shared {
            transport: Arc::new(script.clone()),
            environment: Arc::new(environment.clone()),
            account: Account::new(Limits::at_once(2)),
            retry,
            request_timeout: Duration::from_secs(60),
            observer: Some(Arc::new(Arc::clone(&seen))),
        }),
    };
    Bench {
        core,
        script,
        environment,
        seen,
    }
}

fn operation(repeat: Repeat) -> Operation<()> {
    Draft::post("/thing")
        .operation(Facts::new("test", "do_thing", "/thing", repeat), nothing)
        .unwrap()
}

async fn outcome(bench: &Bench, repeat: Repeat) -> Result<()> {
    bench.core.call(operation(repeat)).await
}

use Outcome::{NotDone, Unknown};
use Repeat::{Idempotent, Once, Safe};

/// What happens to the first try, of which class the operation is, whether it is tried again, and what is known
/// when it is not.
#[tokio::test]
async fn what_is_tried_again() {
    enum First {
        Lost(Sent),
        Status(u16),
    }
    use First::{Lost, Status};
    let rows: &[(First, Repeat, bool, Outcome)] = &[
        (Lost(Sent::No), Safe, true, NotDone),
        (Lost(Sent::No), Idempotent, true, NotDone),
        (Lost(Sent::No), Once, true, NotDone),
        (Lost(Sent::Maybe), Safe, true, NotDone),
        (Lost(Sent::Maybe), Idempotent, true, Unknown),
        (Lost(Sent::Maybe), Once, false, Unknown),
        (Status(429), Safe, true, NotDone),
        (Status(429), Idempotent, true, NotDone),
        (Status(429), Once, true, NotDone),
        (Status(502), Safe, true, NotDone),
        (Status(503), Idempotent, true, Unknown),
        (Status(504), Idempotent, true, Unknown),
        (Status(502), Once, false, Unknown),
        (Status(503), Once, false, Unknown),
        (Status(504), Once, false, Unknown),
        (Status(500), Safe, false, NotDone),
        (Status(500), Idempotent, false, Unknown),
        (Status(500), Once, false, Unknown),
        (Status(400), Once, false, NotDone),
        (Status(401), Safe, false, NotDone),
        (Status(403), Idempotent, false, NotDone),
        (Status(404), Once, false, NotDone),
        (Status(409), Once, false, NotDone),
        (Status(301), Once, false, Unknown),
    ];
    for (first, repeat, again, outcome) in rows {
        let add = |script: Script| match first {
            Lost(sent) => script.broken(*sent),
            Status(status) => script.json(*status, "{}"),
        };
        let what = match first {
            Lost(sent) => format!("lost {sent:?}"),
            Status(status) => format!("status {status}"),
        };
        let bench = bench_of(add(Script::new()).json(200, "{}"));
        let result = self::outcome(&bench, *repeat).await;
        assert_eq!(result.is_ok(), *again, "{what} {repeat:?}: {result:?}");
        let tries = if *again { 2 } else { 1 };
        assert_eq!(bench.script.requests().len(), tries, "{what} {repeat:?}");
        // And when it never gets better:
        let mut script = Script::new();
        for _ in 0..9 {
            script = add(script);
        }
        let bench = bench_of(script);
        let error = self::outcome(&bench, *repeat).await.unwrap_err();
        assert_eq!(error.outcome(), *outcome, "{what} {repeat:?}: {error:?}");
        let tries = if *again { 5 } else { 1 };
        assert_eq!(bench.script.requests().len(), tries, "{what} {repeat:?}");
    }
}

fn bench_of(script: Script) -> Bench {
    bench(script, Retry::default())
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_proves_nothing() {
    let bench = bench_of(Script::new().broken(Sent::Maybe).json(409, "{}"));
    let error = outcome(&bench, Idempotent).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)));
    assert_eq!(error.outcome(), Unknown);
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_deleted() {
    let delete = || operation(Idempotent).settled_by(gone_is_done);
    let bench = bench_of(Script::new().broken(Sent::Maybe).json(404, "{}"));
    bench.core.call(delete()).await.unwrap();
    let bench = bench_of(Script::new().broken(Sent::No).json(404, "{}"));
    let error = bench.core.call(delete()).await.unwrap_err();
    assert!(
        matches!(error, Error::NotFound(_)),
        "nothing was sent before"
    );
    assert_eq!(error.outcome(), NotDone);
}

#[tokio::test]
async fn a_wait_is_kept_and_stops_the_clones() {
    let script = Script::new()
        .answer(429, &[("retry-after", "7")], "{}")
        .json(200, "{}")
        .json(200, "{}");
    let bench = bench_of(script);
    outcome(&bench, Once).await.unwrap();
    assert_eq!(bench.environment.passed(), Duration::from_secs(7));
    // What one clone has learnt another one keeps.
    bench
        .core
        .shared
        .account
        .block(bench.environment.passed(), Duration::from_secs(3));
    bench.core.clone().call(operation(Safe)).await.unwrap();
    assert_eq!(bench.environment.passed(), Duration::from_secs(10));
}

#[tokio::test]
async fn a_wait_past_the_deadline_fails_at_once() {
    let bench = bench_of(Script::new().answer(429, &[("retry-after", "120")], "{}"));
    let error = outcome(&bench, Safe).await.unwrap_err();
    assert_eq!(bench.environment.passed(), Duration::ZERO);
    let Error::RateLimited { until, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(until.unwrap().to_string(), "2026-11-20T12:02:00Z");
    assert!(
        error
            .to_string()
            .contains("try again after 2026-11-20T12:02:00Z")
    );
    // The next call knows without asking.
    let error = outcome(&bench, Safe).await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { until: Some(_), .. }));
    assert_eq!(bench.script.requests().len(), 1);
}

#[tokio::test]
async fn pauses_grow_and_end_with_the_deadline() {
    let mut script = Script::new();
    for _ in 0..50 {
        script = script.json(503, "{}");
    }
    let retry = Retry::default().tries(50).in_all(Duration::from_secs(60));
    let bench = bench(script, retry);
    outcome(&bench, Safe).await.unwrap_err();
    assert!(bench.environment.passed() < Duration::from_secs(60));
    let tries = bench.script.requests().len();
    assert!((5..50).contains(&tries), "{tries}");
    let seen = bench.seen.0.lock().unwrap();
    let attempts: Vec<u32> = seen.iter().map(|(attempt, _)| *attempt).collect();
    assert_eq!(
        attempts,
        (1..=u32::try_from(tries).unwrap()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn what_the_platform_echoes_of_secrets_is_masked() {
    let body = format!(
        r#"{{"message": "the password hunter2hunter2 is bad, {CANARY} too", "password": "hunter2hunter2"}}"#
    );
    let mut bench = bench_of(Script::new().json(400, &body).answer(
        502,
        &[],
        "<html>hunter2hunter2</html>",
    ));
    bench.core.judge = |answer| {
        if answer.status.is_success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        Err(crate::core::error::Vendor::of(answer, text).by_status())
    };
    for _ in 0..2 {
        let secret = Secret::new("hunter2hunter2");
        let error = bench
            .core
            .call(operation(Once).hiding(&secret))
            .await
            .unwrap_err();
        let vendor = error.vendor().unwrap();
        let shown = format!("{error} {error:?} {} {}", vendor.message, vendor.body);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

#[test]
fn addresses() {
    let joined = |base: &str| {
        let relative = "/a/b?c=d".parse().unwrap();
        Base::parse(base).and_then(|base| base.join(&relative))
    };
    for (base, wanted) in [
        ("https://h.example", "https://h.example/a/b?c=d"),
        ("https://h.example/", "https://h.example/a/b?c=d"),
        (
            "http://127.0.0.1:8080/misp/",
            "http://127.0.0.1:8080/misp/a/b?c=d",
        ),
        ("http://[::1]:8080/x/y", "http://[::1]:8080/x/y/a/b?c=d"),
    ] {
        assert_eq!(joined(base).unwrap(), wanted);
    }
    for base in [
        "",
        "h.example",
        "ftp://h.example/",
        "https://a:b@h.example/",
        "https://h.example/?q=1",
        "/x",
    ] {
        let error = joined(base).unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{base}");
    }
}
