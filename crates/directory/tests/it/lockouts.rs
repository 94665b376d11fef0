use directory::{
    Accepts, EventField, Fault, LockoutPolicy, NewGrant, Predicate, Proof, Query, Refusal,
    Standing, Test, Time,
};

use crate::support::{
    ADMINISTRATOR, HELPDESK, OWNER, OWNER_EMAIL, OWNER_PASSWORD, OWNER_ROLE, ROOT, TOY, World,
    both, from,
};

both![
    the_rule,
    keys_and_sessions,
    what_was_not_given_is_no_guess,
    mailed_links_lift,
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
        .sign_in_from("192.0.2.77", EMAIL, PASSWORD, None)
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

/// What happens to one account, in order.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// So many wrong passwords from an address.
    Guess(&'static str, usize),
    /// Three wrong passwords from each of ten networks.
    GuessEverywhere,
    /// The right password from an address opens.
    Opens(&'static str),
    /// It does not.
    Refused(&'static str),
    /// Milliseconds pass.
    Wait(i64),
    /// Whether the account is shown as locked out.
    Shown(bool),
}

const DAY: i64 = 86_400_000;

/// One row for each sentence of the rule.
const RULE: &[(&str, &[Step])] = {
    use Step::{Guess, GuessEverywhere, Opens, Refused, Shown, Wait};
    &[
        (
            "three guesses lock the account for the network they came from",
            &[
                Guess("192.0.2.1", 2),
                Shown(false),
                Guess("192.0.2.99", 1),
                Refused("192.0.2.200"),
                Refused("::ffff:192.0.2.1"),
                Shown(true),
            ],
        ),
        (
            "other networks are not refused",
            &[
                Guess("192.0.2.1", 3),
                Opens("192.0.3.1"),
                Opens("2001:db8::1"),
            ],
        ),
        (
            "an IPv6 network is a /64",
            &[
                Guess("2001:db8:0:1::1", 3),
                Refused("2001:db8:0:1:ffff::2"),
                Opens("2001:db8:0:2::1"),
            ],
        ),
        (
            "a lock lasts 300 seconds",
            &[
                Guess("192.0.2.1", 3),
                Wait(299_999),
                Refused("192.0.2.1"),
                Wait(1),
                Shown(false),
                Opens("192.0.2.1"),
            ],
        ),
        (
            "tries while it is locked do not prolong it",
            &[
                Guess("192.0.2.1", 3),
                Wait(200_000),
                Guess("192.0.2.1", 5),
                Wait(100_000),
                Opens("192.0.2.1"),
            ],
        ),
        (
            "the end of a lock clears its count",
            &[
                Guess("192.0.2.1", 3),
                Wait(300_000),
                Guess("192.0.2.1", 2),
                Opens("192.0.2.1"),
            ],
        ),
        (
            "after its end three more lock again",
            &[
                Guess("192.0.2.1", 3),
                Wait(300_000),
                Guess("192.0.2.1", 3),
                Refused("192.0.2.1"),
            ],
        ),
        (
            "signing in clears the count of its network",
            &[
                Guess("192.0.2.1", 2),
                Opens("192.0.2.1"),
                Guess("192.0.2.1", 2),
                Opens("192.0.2.1"),
            ],
        ),
        (
            "and of no other",
            &[
                Guess("192.0.2.1", 2),
                Opens("198.51.100.9"),
                Guess("192.0.2.1", 1),
                Refused("192.0.2.1"),
            ],
        ),
        (
            "guesses count for 900 seconds",
            &[
                Guess("192.0.2.1", 2),
                Wait(900_000),
                Guess("192.0.2.1", 2),
                Opens("192.0.2.1"),
            ],
        ),
        (
            "and until then",
            &[
                Guess("192.0.2.1", 2),
                Wait(899_999),
                Guess("192.0.2.1", 1),
                Refused("192.0.2.1"),
            ],
        ),
        (
            "ten times as many lock the account everywhere",
            &[
                GuessEverywhere,
                Refused("198.51.100.9"),
                Refused("2001:db8::1"),
                Shown(true),
            ],
        ),
        (
            "one less does not",
            &[
                Guess("192.0.2.1", 2),
                Guess("203.0.113.1", 3),
                Guess("203.0.114.1", 3),
                Guess("203.0.115.1", 3),
                Guess("203.0.116.1", 3),
                Guess("203.0.117.1", 3),
                Guess("203.0.118.1", 3),
                Guess("203.0.119.1", 3),
                Guess("203.0.120.1", 3),
                Guess("203.0.121.1", 3),
                Opens("198.51.100.9"),
            ],
        ),
        (
            "but not where the person has signed in from",
            &[
                Opens("198.51.100.9"),
                GuessEverywhere,
                Opens("198.51.100.77"),
                Refused("198.51.101.9"),
            ],
        ),
        (
            "within thirty days",
            &[
                Opens("198.51.100.9"),
                Wait(30 * DAY - 1),
                GuessEverywhere,
                Opens("198.51.100.9"),
            ],
        ),
        (
            "and no longer",
            &[
                Opens("198.51.100.9"),
                Wait(30 * DAY),
                GuessEverywhere,
                Refused("198.51.100.9"),
            ],
        ),
        (
            "guesses from there lock the pair all the same",
            &[
                Opens("198.51.100.9"),
                GuessEverywhere,
                Guess("198.51.100.9", 3),
                Refused("198.51.100.9"),
            ],
        ),
        (
            "the account's lock ends too, and clears the count",
            &[
                GuessEverywhere,
                Guess("198.51.100.9", 9),
                Wait(299_999),
                Refused("198.51.100.9"),
                Wait(1),
                Opens("198.51.100.9"),
                Guess("198.51.101.9", 2),
                Opens("198.51.101.9"),
            ],
        ),
    ]
};

async fn the_rule(world: &World) {
    for (number, (sentence, steps)) in RULE.iter().enumerate() {
        let email = format!("ada{number}@example.org");
        let ada = world.person_with_password(&email, PASSWORD).await;
        let guess = async |address: &str| {
            let answer = world.sign_in_from(address, &email, "wrong", None).await;
            assert_eq!(answer.unwrap_err(), unknown(), "{sentence}");
        };
        let opens = async |address: &str| {
            let answer = world.sign_in_from(address, &email, PASSWORD, None).await;
            answer.map(drop)
        };
        for step in *steps {
            let told = format!("{sentence}: {step:?}");
            match *step {
                Step::Guess(address, times) => {
                    for _ in 0..times {
                        guess(address).await;
                    }
                }
                Step::GuessEverywhere => {
                    for network in 0..10 {
                        for _ in 0..3 {
                            guess(&format!("203.0.{network}.1")).await;
                        }
                    }
                }
                Step::Opens(address) => assert_eq!(opens(address).await, Ok(()), "{told}"),
                Step::Refused(address) => {
                    assert_eq!(opens(address).await, Err(unknown()), "{told}");
                }
                Step::Wait(milliseconds) => world.clock.advance(milliseconds),
                Step::Shown(locked) => {
                    let user = world.system().user(ada.id).await.unwrap();
                    let standing = user.standing(world.directory.now());
                    assert_eq!(standing == Standing::LockedOut, locked, "{told}");
                }
            }
        }
        // The brake on addresses is another rule: its window passes.
        world.clock.advance(900_000);
    }
    let verb = Query {
        predicate: Predicate::Is(EventField::Verb, Test::Equals("user.locked_out".into())),
        limit: 500,
        ..Query::default()
    };
    let events = world.system().events(&verb).await.unwrap().items;
    let places: Vec<String> = events
        .iter()
        .filter_map(|event| event.detail.as_ref())
        .map(|detail| detail["after"]["network"].to_string())
        .collect();
    for place in ["\"192.0.2.0/24\"", "\"*\""] {
        assert!(places.iter().any(|one| one == place), "{places:?}");
    }
}

/// Guesses refuse neither keys nor sessions, wherever these are used; but a session is no way to go on
/// guessing.
async fn keys_and_sessions(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let key = world.key_of(ada.id).await;
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let session = world.as_session(&fresh).await;
    guess(world, 3).await;
    let admitted = async || {
        for address in ["192.0.2.1", "::ffff:192.0.2.1", "198.51.100.1"] {
            for secret in [&key, &fresh.secret] {
                let answer = world
                    .directory
                    .authenticate(TOY, secret, Accepts::Both, from(address))
                    .await
                    .map(|caller| caller.user());
                assert_eq!(answer, Ok(ada.id), "{address}");
            }
        }
    };
    admitted().await;
    let right = || Some(Proof::Password(PASSWORD.to_owned()));
    assert_eq!(
        session.proven(right()).await.unwrap_err(),
        Fault::WrongPassword
    );
    let changed = session.change_own_password(Some(PASSWORD), "another umbrella 42");
    assert_eq!(changed.await.unwrap_err(), Fault::WrongPassword);
    // Neither does the lock of the whole account.
    for network in 0..10 {
        for _ in 0..3 {
            let address = format!("203.0.{network}.1");
            let answer = world.sign_in_from(&address, EMAIL, "wrong", None).await;
            assert_eq!(answer.unwrap_err(), unknown());
        }
    }
    admitted().await;
    world.clock.advance(300_000);
    assert!(session.proven(right()).await.is_ok());
}

/// A value that was not given is no guess: neither a password nor a code nor a proof.
async fn what_was_not_given_is_no_guess(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let session = world.as_session(&fresh).await;
    for _ in 0..120 {
        for (name, password) in [(EMAIL, ""), ("", ""), ("nobody@example.org", "")] {
            let answer = world.sign_in(name, password).await;
            assert_eq!(answer.unwrap_err(), unknown());
        }
    }
    for proof in [Proof::Password(String::new()), Proof::Code(String::new())] {
        for _ in 0..4 {
            // None was given, so nothing is proved, and nothing refused either.
            assert!(session.proven(Some(proof.clone())).await.is_ok());
            let asked = session.request_own_email("a@example.org".to_owned(), Some(proof.clone()));
            assert_eq!(asked.await.unwrap_err(), Fault::WrongPassword);
        }
    }
    for _ in 0..4 {
        let changed = session.change_own_password(Some(""), "another umbrella 42");
        assert_eq!(changed.await.unwrap_err(), Fault::WrongPassword);
    }
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(user.lockout_until, None);
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_ok());
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
    // With a second owner it lasts as long as anybody's, also while that one is refused in one place.
    let other = world.person_with_password(EMAIL, PASSWORD).await;
    let grant = NewGrant {
        role: OWNER_ROLE,
        organisation: Some(ROOT),
        expires_at: None,
    };
    world.system().grant_role(other.id, grant).await.unwrap();
    guess(world, 3).await;
    assert_eq!(lock().await, 300_000);
    // Where the other is refused everywhere, this one is the last who could lift it.
    world.clock.advance(900_000);
    for network in 0..10 {
        for _ in 0..3 {
            let address = format!("203.0.{network}.1");
            let answer = world.sign_in_from(&address, EMAIL, "wrong", None).await;
            assert_eq!(answer.unwrap_err(), unknown());
        }
    }
    assert_eq!(lock().await, 10_000);
}

async fn mailed_links_lift(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    guess(world, 3).await;
    let at = from("198.51.100.1");
    let asked = world.directory.request_password_reset(EMAIL, TOY, at);
    asked.await.unwrap();
    let token = world.mails().await[0].values["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let new = "another umbrella 42";
    let redeemed = world
        .directory
        .redeem_reset(&token, new, TOY, from("192.0.2.1"));
    redeemed.await.unwrap();
    let user = world.system().user(ada.id).await.unwrap();
    assert_eq!(user.lockout_until, None);
    assert!(world.sign_in(EMAIL, new).await.is_ok());
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
    let elsewhere = world.sign_in_from("198.51.100.9", EMAIL, PASSWORD, None);
    assert!(elsewhere.await.is_ok(), "other addresses are not held back");
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
