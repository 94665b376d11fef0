use directory::{
    Accepts, EventField, Fault, LockoutPolicy, NewGrant, Predicate, Query, Refusal, Standing, Test,
    Time,
};

use crate::support::{
    ADMINISTRATOR, HELPDESK, OWNER, OWNER_EMAIL, OWNER_PASSWORD, OWNER_ROLE, ROOT, START, TOY,
    World, both, from,
};

both![
    locks_and_lets_go,
    keys_and_sessions,
    counts_within_the_period,
    by_its_policy,
    the_last_owner,
    lifted,
    parallel_guesses,
    addresses_are_braked,
    asking_for_links_brakes_no_sign_in,
];

const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "tangerine umbrella 42";

fn unknown() -> Fault {
    Fault::Unauthenticated(Refusal::Unknown)
}

async fn guess(world: &World, times: usize) {
    for _ in 0..times {
        assert_eq!(world.sign_in(EMAIL, "wrong").await.unwrap_err(), unknown());
    }
}

async fn opens(world: &World) -> bool {
    match world
        .sign_in_from("198.51.100.9", EMAIL, PASSWORD, None)
        .await
    {
        Ok(_) => true,
        Err(fault) => {
            assert_eq!(fault, unknown());
            false
        }
    }
}

async fn set(world: &World, policy: LockoutPolicy) {
    world.system().change_setting(policy).await.unwrap();
}

async fn locks_and_lets_go(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    guess(world, 2).await;
    assert!(opens(world).await, "a success clears the count");
    guess(world, 2).await;
    assert!(opens(world).await);
    guess(world, 3).await;
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(user.lockout_until, Some(START.plus(300_000)));
    assert_eq!(user.standing(START), Standing::LockedOut);
    // The right password is refused like a wrong one, and tries do not prolong it.
    world.clock.advance(299_999);
    assert!(!opens(world).await);
    guess(world, 5).await;
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(user.lockout_until, Some(START.plus(300_000)));
    world.clock.advance(1);
    assert!(opens(world).await);
    // The end cleared the count.
    guess(world, 3).await;
    world.clock.advance(300_000);
    guess(world, 2).await;
    assert!(opens(world).await);
    let verb = Query {
        predicate: Predicate::Is(EventField::Verb, Test::Equals("user.locked_out".into())),
        ..Query::default()
    };
    let events = world.system().events(&verb).await.unwrap().items;
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| event.entity_id == Some(ada.id.0)));
}

async fn keys_and_sessions(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let key = world.key_of(ada.id).await;
    let session = world.sign_in(EMAIL, PASSWORD).await.unwrap().secret;
    guess(world, 3).await;
    for (address, secret, verdict) in [
        ("192.0.2.1", &key, Err(Refusal::LockedOut)),
        ("192.0.2.1", &session, Err(Refusal::LockedOut)),
        ("::ffff:192.0.2.1", &key, Err(Refusal::LockedOut)),
        ("192.0.2.2", &key, Ok(ada.id)),
        ("192.0.2.2", &session, Ok(ada.id)),
    ] {
        let answer = world
            .directory
            .authenticate(TOY, secret, Accepts::Both, from(address))
            .await
            .map(|caller| caller.user());
        assert_eq!(answer, verdict.map_err(Fault::Unauthenticated), "{address}");
    }
    // Tries from elsewhere while it is locked cause nothing.
    for _ in 0..3 {
        let answer = world.sign_in_from("192.0.2.2", EMAIL, "wrong", None).await;
        assert_eq!(answer.unwrap_err(), unknown());
    }
    let elsewhere = world
        .directory
        .authenticate(TOY, &key, Accepts::Both, from("192.0.2.2"));
    assert!(elsewhere.await.is_ok());
    world.clock.advance(300_000);
    assert!(world.caller(&key).await.is_ok());
}

async fn counts_within_the_period(world: &World) {
    world.person_with_password(EMAIL, PASSWORD).await;
    for _ in 0..6 {
        guess(world, 1).await;
        world.clock.advance(450_000);
    }
    assert!(opens(world).await);
    guess(world, 2).await;
    world.clock.advance(899_999);
    guess(world, 1).await;
    assert!(!opens(world).await);
}

async fn by_its_policy(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let policy = LockoutPolicy {
        threshold: 5,
        duration: 60,
        ..LockoutPolicy::default()
    };
    set(world, policy.clone()).await;
    guess(world, 4).await;
    assert!(opens(world).await);
    guess(world, 5).await;
    world.clock.advance(59_999);
    assert!(!opens(world).await);
    world.clock.advance(1);
    assert!(opens(world).await);
    let endless = LockoutPolicy {
        duration: 0,
        ..policy.clone()
    };
    set(world, endless).await;
    guess(world, 5).await;
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(user.lockout_until, Some(Time::NEVER));
    world.clock.advance(1_000_000_000);
    assert!(!opens(world).await);
    world.system().unlock(ada.id).await.unwrap();
    assert!(opens(world).await);
    let off = LockoutPolicy {
        enabled: false,
        ..policy
    };
    set(world, off).await;
    guess(world, 20).await;
    assert!(opens(world).await);
}

async fn the_last_owner(world: &World) {
    let lock = async || {
        for _ in 0..3 {
            let answer = world.sign_in(OWNER_EMAIL, "wrong").await;
            assert_eq!(answer.unwrap_err(), unknown());
        }
        let owner = world.system().user(OWNER).await.unwrap();
        owner.lockout_until.unwrap().0 - world.directory.now().0
    };
    assert_eq!(lock().await, 10_000);
    world.clock.advance(10_000);
    assert!(world.sign_in(OWNER_EMAIL, OWNER_PASSWORD).await.is_ok());
    // With a second owner it lasts as long as anybody's, unless that one is locked out too.
    let other = world.person_with_password(EMAIL, PASSWORD).await;
    let grant = NewGrant {
        role: OWNER_ROLE,
        organisation: Some(ROOT),
        expires_at: None,
    };
    world.system().grant_role(other.id, grant).await.unwrap();
    assert_eq!(lock().await, 300_000);
    guess(world, 3).await;
    let other = world.system().user(other.id).await.unwrap();
    assert_eq!(
        other.lockout_until,
        Some(world.directory.now().plus(10_000))
    );
}

async fn lifted(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let desk = world.person("desk@example.org", ROOT, &[HELPDESK]).await;
    let boss = world
        .person("boss@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let desk = world.as_user(desk.id).await;
    guess(world, 3).await;
    assert_eq!(desk.unlock(ada.id).await.unwrap().lockout_until, None);
    // The count is forgotten with it.
    guess(world, 2).await;
    assert!(opens(world).await);
    assert_eq!(
        desk.unlock(boss.id).await.unwrap_err(),
        Fault::OutranksCaller
    );
    // An administrator's lock is not a helpdesk's to lift.
    let lock = |locked| directory::UserChange {
        locked: Some(locked),
        ..directory::UserChange::default()
    };
    world
        .system()
        .update_user(ada.id, lock(true))
        .await
        .unwrap();
    desk.unlock(ada.id).await.unwrap();
    let locked = world.sign_in(EMAIL, PASSWORD).await.unwrap_err();
    assert_eq!(
        locked,
        Fault::Unauthenticated(Refusal::Standing(Standing::Locked))
    );
    world
        .system()
        .update_user(ada.id, lock(false))
        .await
        .unwrap();
    guess(world, 3).await;
    world
        .system()
        .update_user(ada.id, lock(false))
        .await
        .unwrap();
    guess(world, 2).await;
    assert!(opens(world).await);
}

async fn parallel_guesses(world: &World) {
    world.person_with_password(EMAIL, PASSWORD).await;
    let mut tries = Vec::new();
    for _ in 0..16 {
        let directory = world.directory.clone();
        tries.push(tokio::spawn(async move {
            let request = directory::SessionRequest::of(directory::SessionKind::Browser);
            directory
                .sign_in(TOY, EMAIL, "wrong", None, request, from("192.0.2.1"))
                .await
        }));
    }
    for one in tries {
        assert!(one.await.unwrap().is_err());
    }
    assert!(!opens(world).await);
    world.clock.advance(300_000);
    assert!(opens(world).await);
}

async fn addresses_are_braked(world: &World) {
    world.person_with_password(EMAIL, PASSWORD).await;
    for number in 0..100 {
        let name = format!("nobody{number}@example.org");
        assert_eq!(world.sign_in(&name, "wrong").await.unwrap_err(), unknown());
    }
    let braked = Fault::TooMany {
        retry_after: 900_000,
    };
    assert_eq!(world.sign_in(EMAIL, PASSWORD).await.unwrap_err(), braked);
    // A clock that is set lets no one in sooner, and keeps no one out longer.
    for milliseconds in [3_600_000, -7_200_000, 3_600_000] {
        world.clock.set_by(milliseconds);
        assert_eq!(world.sign_in(EMAIL, PASSWORD).await.unwrap_err(), braked);
    }
    assert!(opens(world).await, "other addresses are not held back");
    world.clock.advance(900_000);
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_ok());
}

async fn asking_for_links_brakes_no_sign_in(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let ask = async |name: &str| {
        let at = crate::support::from("192.0.2.1");
        let asked = world.directory.request_password_reset(name, TOY, at);
        asked.await
    };
    for number in 0..50 {
        assert_eq!(ask(&format!("nobody{number}@example.org")).await, Ok(()));
    }
    // Known and unknown names are refused alike, and nothing is mailed.
    for name in [EMAIL, "nobody@example.org"] {
        let wait = ask(name).await.unwrap_err();
        assert_eq!(
            wait,
            Fault::TooMany {
                retry_after: 900_000
            }
        );
    }
    assert_eq!(world.mails().await, vec![]);
    // Colleagues behind the same address sign in as before, and fail as before.
    assert!(opens(world).await);
    guess(world, 2).await;
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(user.lockout_until, None);
    world.clock.advance(900_000);
    assert_eq!(ask(EMAIL).await, Ok(()));
    assert_eq!(world.mails().await.len(), 1);
}
