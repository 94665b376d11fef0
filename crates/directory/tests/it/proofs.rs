//! What a session may change only with a proof of who sits in front of it.

use directory::{
    Fault, Handle, KeyChange, NewKey, ProfileChange, Proof, SessionKind, SessionRequest,
    UserChange, UserId,
};

use crate::support::{ADMINISTRATOR, OWNER, OWNER_EMAIL, OWNER_PASSWORD, ROOT, TOY, World, both};

both![
    a_session_that_is_no_longer_fresh_gives_a_proof,
    keys_and_their_tokens_are_never_asked,
    wrong_proofs_count_and_lock,
];

const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "tangerine umbrella 42";

/// What would hand an account over, each tried through a handle of its owner's; `true` when done.
const CHANGES: [&str; 7] = [
    "key for oneself",
    "key for another",
    "key in place of others",
    "keys of another replaced",
    "key changed",
    "own address",
    "own login",
];

async fn tried(world: &World, handle: &Handle, what: &str, other: UserId) -> Result<(), Fault> {
    let own = handle.caller().user();
    let system = world.system();
    match what {
        "key for oneself" => handle.create_key(own, NewKey::default()).await.map(drop),
        "key for another" => handle.create_key(other, NewKey::default()).await.map(drop),
        "key in place of others" => handle.renew_own_key(None, "renewed").await.map(drop),
        "keys of another replaced" => handle.replace_keys_of(other).await.map(drop),
        "key changed" => {
            let key = system.create_key(own, NewKey::default()).await.unwrap().key;
            let change = KeyChange {
                name: Some("renamed".to_owned()),
                ..KeyChange::default()
            };
            handle.update_key(key.id, change).await.map(drop)
        }
        "own address" | "own login" => {
            let before = system.user(own).await.unwrap();
            let change = if what == "own login" {
                UserChange {
                    login: Some("somebody.else".to_owned()),
                    ..UserChange::default()
                }
            } else {
                UserChange {
                    email: Some(Some("stolen@example.org".to_owned())),
                    ..UserChange::default()
                }
            };
            let changed = handle.update_user(own, change).await.map(drop);
            let back = UserChange {
                login: Some(before.login),
                email: Some(before.email),
                ..UserChange::default()
            };
            system.update_user(own, back).await.unwrap();
            changed
        }
        other => panic!("{other}"),
    }
}

async fn a_session_that_is_no_longer_fresh_gives_a_proof(world: &World) {
    let other = world.person("bob@example.org", ROOT, &[]).await.id;
    let fresh = world.sign_in(OWNER_EMAIL, OWNER_PASSWORD).await.unwrap();
    let session = world.as_session(&fresh).await;
    let proof = |text: &str| Some(Proof::Password(text.to_owned()));
    for what in CHANGES {
        assert_eq!(tried(world, &session, what, other).await, Ok(()), "{what}");
    }
    world.clock.advance(299_999);
    assert_eq!(
        tried(world, &session, "own address", other).await,
        Ok(()),
        "just fresh enough"
    );
    world.clock.advance(1);
    let proven = session.proven(proof(OWNER_PASSWORD)).await.unwrap();
    for what in CHANGES {
        let refused = tried(world, &session, what, other).await;
        assert_eq!(refused, Err(Fault::WrongPassword), "{what}");
        assert_eq!(tried(world, &proven, what, other).await, Ok(()), "{what}");
    }
    // Without a proof the handle is the same, and a wrong one gives none.
    let same = session.proven(None).await.unwrap();
    let refused = tried(world, &same, "key for oneself", other).await;
    assert_eq!(refused, Err(Fault::WrongPassword));
    let wrong = session.proven(proof("wrong")).await.map(drop);
    assert_eq!(wrong, Err(Fault::WrongPassword));
    // What hands nothing over needs none: names, revoking keys, work on others' accounts.
    let title = UserChange {
        profile: ProfileChange {
            title: Some(Some("Admiral".to_owned())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    session.update_own_profile(title).await.unwrap();
    let email = UserChange {
        email: Some(Some("robert@example.org".to_owned())),
        ..UserChange::default()
    };
    session.update_user(other, email).await.unwrap();
    session.revoke_keys_of(OWNER, None).await.unwrap();
    // A new sign-in is fresh again.
    let again = world.sign_in(OWNER_EMAIL, OWNER_PASSWORD).await.unwrap();
    let again = world.as_session(&again).await;
    assert_eq!(tried(world, &again, "key for oneself", other).await, Ok(()));
}

async fn keys_and_their_tokens_are_never_asked(world: &World) {
    let other = world.person("bob@example.org", ROOT, &[]).await.id;
    let chief = world
        .person("chief@example.org", ROOT, &[ADMINISTRATOR])
        .await
        .id;
    let secret = world.key_of(chief).await;
    let caller = world.caller_at(TOY, &secret).await.unwrap();
    let minted = world
        .directory
        .mint_token(&caller, None, None)
        .await
        .unwrap();
    world.clock.advance(1_000_000);
    for handle in [
        world
            .directory
            .act(&world.caller_at(TOY, &secret).await.unwrap()),
        world.as_session(&minted).await,
    ] {
        for what in CHANGES {
            if what == "key in place of others" {
                continue;
            }
            assert_eq!(tried(world, &handle, what, other).await, Ok(()), "{what}");
        }
        // A proof that is not needed is not looked at.
        let proof = Some(Proof::Password("wrong".to_owned()));
        assert!(handle.proven(proof).await.is_ok());
    }
}

async fn wrong_proofs_count_and_lock(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await.id;
    let request = SessionRequest::of(SessionKind::Browser);
    let at = crate::support::from("192.0.2.1");
    let fresh = world
        .directory
        .sign_in(TOY, EMAIL, PASSWORD, None, request, at)
        .await
        .unwrap();
    let session = world.as_session(&fresh).await;
    for _ in 0..3 {
        let proof = Some(Proof::Password("wrong".to_owned()));
        assert!(session.proven(proof).await.is_err());
    }
    let user = world.system().user(ada).await.unwrap();
    assert!(user.lockout_until.is_some());
    // The session stays, and proves nothing from there as long as the lock holds.
    let session = world.as_session(&fresh).await;
    let right = || Some(Proof::Password(PASSWORD.to_owned()));
    assert!(session.proven(right()).await.is_err());
    world.clock.advance(300_000);
    assert!(session.proven(right()).await.is_ok());
}
