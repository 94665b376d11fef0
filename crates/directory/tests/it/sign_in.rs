use directory::{
    Accepts, Directory, EventField, Fault, HashingCost, Platform, Predicate, Query, Refusal,
    SessionKind, SessionRequest, Standing, Status, Test, UserChange, UserId,
};

use crate::support::{
    OWNER, OWNER_EMAIL, OWNER_PASSWORD, START, TOY, World, both, configuration, from, postgres_at,
};

both![
    answers,
    sessions_end_by_the_clock,
    leaves_a_trail,
    hashes_follow_the_cost,
    the_same_work_for_everybody,
];

const PASSWORD: &str = "tangerine umbrella 42";

fn refused(refusal: Refusal) -> Fault {
    Fault::Unauthenticated(refusal)
}

async fn answers(world: &World) {
    let ada = world
        .person_with_password("Ada@example.org", PASSWORD)
        .await;
    let none = world
        .person("none@example.org", crate::support::ROOT, &[])
        .await;
    assert!(!none.has_password);
    let door = SessionRequest::of(SessionKind::Bearer);
    for (name, password, verdict) in [
        ("ada@example.org", PASSWORD, Ok(ada.id)),
        ("  ADA@EXAMPLE.ORG ", PASSWORD, Ok(ada.id)),
        (OWNER_EMAIL, OWNER_PASSWORD, Ok(OWNER)),
        (
            "ada@example.org",
            "tangerine umbrella 4",
            Err(refused(Refusal::Unknown)),
        ),
        ("ada@example.org", "", Err(refused(Refusal::Unknown))),
        ("none@example.org", PASSWORD, Err(refused(Refusal::Unknown))),
        (
            "nobody@example.org",
            PASSWORD,
            Err(refused(Refusal::Unknown)),
        ),
        ("", "", Err(refused(Refusal::Unknown))),
    ] {
        let answer = world
            .directory
            .sign_in(TOY, name, password, None, door, from("192.0.2.1"))
            .await
            .map(|fresh| fresh.session.user);
        assert_eq!(answer, verdict, "{name} {password}");
    }
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(
        (
            user.sign_in_count,
            user.signed_in_at,
            user.previous_sign_in_at
        ),
        (2, Some(START), Some(START))
    );
    // Only behind the right password does the answer say more.
    let set = |status| UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    world
        .system()
        .update_user(ada.id, set(Status::Suspended))
        .await
        .unwrap();
    for (password, refusal) in [
        (PASSWORD, Refusal::Standing(Standing::Suspended)),
        ("wrong", Refusal::Unknown),
    ] {
        let answer = world.sign_in("ada@example.org", password).await;
        assert_eq!(answer.unwrap_err(), refused(refusal));
    }
}

async fn sessions_end_by_the_clock(world: &World) {
    let ada = world
        .person_with_password("ada@example.org", PASSWORD)
        .await;
    let request = SessionRequest {
        lifetime: Some(10_000),
        idle: Some(4_000),
        ..SessionRequest::of(SessionKind::Browser)
    };
    let begin = async || {
        world
            .directory
            .sign_in(
                TOY,
                "ada@example.org",
                PASSWORD,
                None,
                request,
                from("192.0.2.1"),
            )
            .await
            .unwrap()
    };
    let fresh = begin().await;
    assert_eq!(fresh.session.user, ada.id);
    let open = async |secret: &str| {
        world
            .caller_at(TOY, secret)
            .await
            .map(|caller| caller.user())
    };
    let gone = Err(refused(Refusal::Unknown));
    // A session opens its own door only, and only where sessions are taken.
    assert_eq!(
        world
            .caller_at(Platform::USHER, &fresh.secret)
            .await
            .unwrap_err(),
        refused(Refusal::Unknown)
    );
    let keys = world
        .directory
        .authenticate(TOY, &fresh.secret, Accepts::Keys, from("192.0.2.1"))
        .await;
    assert_eq!(keys.unwrap_err(), refused(Refusal::Unknown));
    for (wait, verdict) in [
        (3_999, Ok(ada.id)),
        (3_999, Ok(ada.id)),
        (2_001, Ok(ada.id)),
        (1, gone.clone()),
    ] {
        world.clock.advance(wait);
        assert_eq!(open(&fresh.secret).await, verdict, "{wait}");
    }
    let idle = begin().await;
    world.clock.advance(4_000);
    assert_eq!(open(&idle.secret).await, gone);
    let written = begin().await;
    world.clock.advance(3_000);
    open(&written.secret).await.unwrap();
    world.directory.flush_uses().await.unwrap();
    world.clock.advance(3_000);
    assert_eq!(open(&written.secret).await, Ok(ada.id));
}

async fn leaves_a_trail(world: &World) {
    let ada = world
        .person_with_password("ada@example.org", PASSWORD)
        .await;
    world
        .sign_in("nobody@example.org", PASSWORD)
        .await
        .unwrap_err();
    world.sign_in("ada@example.org", "wrong").await.unwrap_err();
    world.sign_in("ada@example.org", PASSWORD).await.unwrap();
    let query = Query {
        predicate: Predicate::Is(EventField::Verb, Test::StartsWith("sign_in.".to_owned())),
        ..Query::default()
    };
    let events = world.system().events(&query).await.unwrap().items;
    let mut seen: Vec<_> = events
        .iter()
        .map(|event| {
            let reason = event
                .detail
                .as_ref()
                .and_then(|detail| detail["reason"].as_str());
            (event.verb.as_str(), event.actor, event.entity_id, reason)
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            ("sign_in.refused", None, None, Some("unknown")),
            (
                "sign_in.refused",
                Some(ada.id),
                Some(ada.id.0),
                Some("password")
            ),
            ("sign_in.succeeded", Some(ada.id), Some(ada.id.0), None),
        ]
    );
    for event in &events {
        assert_eq!(event.platform, "toy");
        assert_eq!(event.address.as_deref(), Some("192.0.2.1"));
        assert_eq!(event.request_id.as_deref(), Some("request-1"));
        assert_eq!(event.at, START);
    }
}

async fn hashes_follow_the_cost(world: &World) {
    world
        .person_with_password("ada@example.org", PASSWORD)
        .await;
    let Some(schema) = &world.schema else {
        // What is stored is looked at on PostgreSQL.
        assert!(world.sign_in("ada@example.org", PASSWORD).await.is_ok());
        return;
    };
    let cost = |memory| format!("$argon2id$v=19$m={memory},t=1,p=1$");
    assert!(world.dump().await.contains(&cost(8)));
    let mut dearer = configuration(postgres_at(schema), world.clock.clone());
    dearer.seams.hashing = HashingCost {
        memory: 16,
        passes: 1,
    };
    let dearer = Directory::open(dearer).await.unwrap();
    let sign_in = async |password: &str| {
        let request = SessionRequest::of(SessionKind::Browser);
        dearer
            .sign_in(
                TOY,
                "ada@example.org",
                password,
                None,
                request,
                from("192.0.2.1"),
            )
            .await
    };
    sign_in("wrong").await.unwrap_err();
    assert!(!world.dump().await.contains(&cost(16)));
    let changed = world
        .system()
        .user(UserId(2))
        .await
        .unwrap()
        .password_changed_at;
    world.clock.advance(10);
    sign_in(PASSWORD).await.unwrap();
    assert!(world.dump().await.contains(&cost(16)));
    let user = world.system().user(UserId(2)).await.unwrap();
    assert_eq!(user.password_changed_at, changed, "it is the same password");
    sign_in(PASSWORD).await.unwrap();
    dearer.close().await.unwrap();
}

/// Time is not measured, for that would fail on a busy machine; what takes the time is: one hash of
/// the present cost and one durable write, whoever is asked for.
async fn the_same_work_for_everybody(world: &World) {
    let service = directory::NewUser {
        login: Some("robot".to_owned()),
        kind: Some(directory::UserKind::Service),
        ..directory::NewUser::default()
    };
    world.system().create_user(service).await.unwrap();
    world
        .person("none@example.org", crate::support::ROOT, &[])
        .await;
    world
        .person_with_password("known@example.org", PASSWORD)
        .await;
    world
        .person_with_password("locked@example.org", PASSWORD)
        .await;
    for _ in 0..3 {
        world
            .sign_in("locked@example.org", "wrong")
            .await
            .unwrap_err();
    }
    let away = world
        .person_with_password("away@example.org", PASSWORD)
        .await;
    let suspended = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    world
        .system()
        .update_user(away.id, suspended)
        .await
        .unwrap();
    let everything = Query {
        limit: 0,
        total: true,
        ..Query::default()
    };
    let events = async || {
        world
            .system()
            .events(&everything)
            .await
            .unwrap()
            .total
            .unwrap()
    };
    let overlong = "x".repeat(1_025);
    for (password, hashes, told) in [("wrong", 1, 1), (PASSWORD, 1, 1), (&overlong, 0, 0)] {
        for name in [
            "nobody@example.org",
            "",
            "none@example.org",
            "robot",
            "known@example.org",
            "locked@example.org",
            "away@example.org",
        ] {
            let right =
                password == PASSWORD && matches!(name, "known@example.org" | "away@example.org");
            let before = (world.directory.hashes(), events().await);
            let answer = world.sign_in(name, password).await.map(drop);
            if !right {
                assert_eq!(answer, Err(refused(Refusal::Unknown)), "{name} {password}");
            }
            let after = (world.directory.hashes(), events().await);
            assert_eq!(
                (after.0 - before.0, after.1 - before.1),
                (hashes, told),
                "{name} {password}"
            );
        }
    }
    // A link to a new password costs no hash, and one event, for everybody.
    for name in [
        "nobody@example.org",
        "none@example.org",
        "known@example.org",
        "away@example.org",
    ] {
        let before = (world.directory.hashes(), events().await);
        let asked = world
            .directory
            .request_password_reset(name, TOY, from("192.0.2.1"));
        assert_eq!(asked.await, Ok(()), "{name}");
        let after = (world.directory.hashes(), events().await);
        assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "{name}");
    }
}

/// Passwords are compared at most as fast as the cores can; who comes on top of a long queue is told
/// to come back, and nothing else suffers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_is_told_to_come_back() {
    let clock = directory::ManualClock::at(START);
    let mut slow = configuration(directory::StoreLocation::Temporary, clock.clone());
    slow.seams.hashing = HashingCost::default();
    let world = crate::support::world_of(slow, clock).await;
    let storm: Vec<_> = (0..200)
        .map(|number| {
            let directory: Directory = world.directory.clone();
            tokio::spawn(async move {
                let request = SessionRequest::of(SessionKind::Browser);
                let at = from(&format!("10.0.0.{number}"));
                let name = "nobody@example.org";
                let answer = directory.sign_in(TOY, name, PASSWORD, None, request, at);
                answer.await.map(drop).unwrap_err()
            })
        })
        .collect();
    // Reading goes on meanwhile.
    assert!(world.system().user(OWNER).await.is_ok());
    let (mut refused_as_unknown, mut told_to_wait) = (0, 0);
    for one in storm {
        match one.await.unwrap() {
            Fault::Unauthenticated(Refusal::Unknown) => refused_as_unknown += 1,
            Fault::TooMany { retry_after: 1_000 } => told_to_wait += 1,
            other => panic!("{other}"),
        }
    }
    assert!(told_to_wait > 0 && refused_as_unknown >= 64);
    assert!(world.sign_in(OWNER_EMAIL, OWNER_PASSWORD).await.is_ok());
    world.end().await;
}
