use directory::{
    Credential, EventField, Fault, NewPassword, NewUser, PasswordFigures, PasswordPolicy,
    PasswordRule, Permission, Platform, Predicate, ProfileChange, Query, Refusal, Test, UserChange,
    UserKind, Weakness,
};
use serde_json::json;

use crate::support::{
    ADMINISTRATOR, HELPDESK, OWNER, ROOT, TOY, World, both, configuration, world_of,
};

both![
    own_password,
    set_by_others,
    policy_in_force,
    kept_byte_for_byte,
    must_change,
    nothing_lasts_before_the_password_is_changed,
    service_accounts_have_none,
];

const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "tangerine umbrella 42";
const NEW: &str = "marmalade trombone 7";

fn unknown() -> Fault {
    Fault::Unauthenticated(Refusal::Unknown)
}

async fn own_password(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let other = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let key = world.key_of(ada.id).await;
    let session = world.as_session(&fresh).await;
    // A session alone changes nothing.
    for (old, new, fault) in [
        (None, NEW, Fault::WrongPassword),
        (Some("wrong"), NEW, Fault::WrongPassword),
        (
            Some(PASSWORD),
            PASSWORD,
            Fault::WeakPassword(Weakness::Unchanged),
        ),
        (
            Some(PASSWORD),
            "short",
            Fault::WeakPassword(Weakness::TooShort(12)),
        ),
        (
            Some(PASSWORD),
            "password1234",
            Fault::WeakPassword(Weakness::Common),
        ),
        (
            Some(PASSWORD),
            "ada-example-2026",
            Fault::WeakPassword(Weakness::OwnNames),
        ),
    ] {
        assert_eq!(
            session.change_own_password(old, new).await,
            Err(fault),
            "{old:?} {new}"
        );
    }
    // The wrong one is in the trail, like one at the door.
    let told = Query {
        predicate: Predicate::Is(EventField::Verb, Test::Equals("proof.refused".into())),
        ..Query::default()
    };
    let told = world.system().events(&told).await.unwrap().items;
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].detail,
        Some(json!({ "operation": "ChangeOwnPassword" }))
    );
    let by_change = UserChange {
        password: Some(NewPassword::Chosen(NEW.to_owned())),
        ..UserChange::default()
    };
    assert_eq!(
        session.update_own_profile(by_change).await.unwrap_err(),
        Fault::Forbidden(Permission::EditUsers)
    );
    session
        .change_own_password(Some(PASSWORD), NEW)
        .await
        .unwrap();
    // Other sessions end, this one and keys do not.
    assert!(world.caller_at(TOY, &fresh.secret).await.is_ok());
    assert!(world.caller_at(TOY, &key).await.is_ok());
    assert_eq!(
        world.caller_at(TOY, &other.secret).await.unwrap_err(),
        unknown()
    );
    assert_eq!(world.sign_in(EMAIL, PASSWORD).await.unwrap_err(), unknown());
    assert!(world.sign_in(EMAIL, NEW).await.is_ok());
    let mails = world.mails().await;
    let sent: Vec<_> = mails
        .iter()
        .map(|mail| (mail.template.as_str(), mail.to.as_str()))
        .collect();
    assert_eq!(sent, [("notice_password", EMAIL)]);
    // A key need not know it, and where one is given it must be right.
    let by_key = world.as_user(ada.id).await;
    assert!(matches!(by_key.caller().credential(), Credential::Key(_)));
    assert_eq!(
        by_key.change_own_password(Some("wrong"), PASSWORD).await,
        Err(Fault::WrongPassword)
    );
    by_key.change_own_password(None, PASSWORD).await.unwrap();
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_ok());
}

async fn set_by_others(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let boss = world
        .person("boss@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let desk = world.person("desk@example.org", ROOT, &[HELPDESK]).await;
    let part = world.organisation("Part", ROOT).await.id;
    let far = world.person("far@example.org", part, &[HELPDESK]).await;
    let chosen = || NewPassword::Chosen(NEW.to_owned());
    let desk = world.as_user(desk.id).await;
    let far = world.as_user(far.id).await;
    let nobody = world.as_user(ada.id).await;
    assert_eq!(
        desk.set_password(boss.id, chosen()).await,
        Err(Fault::OutranksCaller)
    );
    assert_eq!(
        desk.set_password(OWNER, chosen()).await,
        Err(Fault::OutranksCaller)
    );
    let hidden = Fault::NotFound(directory::Kind::User);
    assert_eq!(
        far.set_password(ada.id, chosen()).await,
        Err(hidden.clone())
    );
    assert_eq!(
        far.set_password(directory::UserId(999), chosen()).await,
        Err(hidden)
    );
    assert_eq!(
        nobody.set_password(boss.id, chosen()).await,
        Err(Fault::Forbidden(Permission::ResetCredentials))
    );
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let weak = NewPassword::Chosen("ada@example.org!".to_owned());
    assert_eq!(
        desk.set_password(ada.id, weak).await,
        Err(Fault::WeakPassword(Weakness::OwnNames))
    );
    desk.set_password(ada.id, chosen()).await.unwrap();
    assert_eq!(
        world.caller_at(TOY, &fresh.secret).await.unwrap_err(),
        unknown()
    );
    assert!(world.sign_in(EMAIL, NEW).await.is_ok());
    let templates: Vec<_> = world
        .mails()
        .await
        .into_iter()
        .map(|mail| mail.template)
        .collect();
    assert_eq!(templates, ["notice_password"]);
    // Taken away: nothing opens but keys.
    desk.set_password(ada.id, NewPassword::None).await.unwrap();
    assert_eq!(world.sign_in(EMAIL, NEW).await.unwrap_err(), unknown());
    assert!(!world.system().user(ada.id).await.unwrap().has_password);
    // An administrator in a session changes their own like everybody: by the present one.
    let owner = world
        .sign_in(crate::support::OWNER_EMAIL, crate::support::OWNER_PASSWORD)
        .await;
    let owner = world.as_session(&owner.unwrap()).await;
    assert_eq!(
        owner.set_password(OWNER, chosen()).await,
        Err(Fault::WrongPassword)
    );
    let change = UserChange {
        password: Some(chosen()),
        ..UserChange::default()
    };
    assert_eq!(
        owner.update_user(OWNER, change).await.unwrap_err(),
        Fault::WrongPassword
    );
}

async fn policy_in_force(world: &World) {
    let new = |password: &str| NewUser {
        email: Some("new@example.org".to_owned()),
        password: NewPassword::Chosen(password.to_owned()),
        ..NewUser::default()
    };
    // Every door has the directory's own policy, and a refused password makes nobody.
    for platform in [Platform::USHER, TOY] {
        let handle = world.directory.act(&world.directory.system(platform));
        for (password, why) in [
            ("Toyroom1", Weakness::TooShort(12)),
            ("welcome12345", Weakness::Common),
            ("Example-Example", Weakness::OwnNames),
            ("new.example.org", Weakness::OwnNames),
        ] {
            assert_eq!(
                handle.create_user(new(password)).await.unwrap_err(),
                Fault::WeakPassword(why),
                "{platform} {password}"
            );
        }
    }
    let figures = PasswordFigures {
        minimum: 8,
        maximum: 64,
    };
    world.system().change_setting(figures).await.unwrap();
    let long = "tangerine ".repeat(7);
    assert_eq!(
        world.system().create_user(new(&long)).await.unwrap_err(),
        Fault::WeakPassword(Weakness::TooLong(64))
    );
    assert!(world.system().create_user(new("kq7!wzpt")).await.is_ok());
}

#[tokio::test]
async fn vendors_policy() {
    let clock = directory::ManualClock::at(crate::support::START);
    let mut vendor = configuration(directory::StoreLocation::Temporary, clock.clone());
    vendor.passwords = PasswordPolicy::Vendor;
    let world = world_of(vendor, clock).await;
    let new = |password: &str| NewUser {
        email: Some(format!("{}@example.org", password.to_lowercase())),
        password: NewPassword::Chosen(password.to_owned()),
        ..NewUser::default()
    };
    let toy = world.directory.act(&world.directory.system(TOY));
    for (password, verdict) in [
        ("Welcome1", Ok(())),
        ("welcome1", Err(Fault::WeakPassword(Weakness::Composition))),
        ("Welcom1", Err(Fault::WeakPassword(Weakness::TooShort(8)))),
    ] {
        assert_eq!(
            toy.create_user(new(password)).await.map(drop),
            verdict,
            "{password}"
        );
    }
    // The directory's own door keeps its own.
    assert_eq!(
        world
            .system()
            .create_user(new("Password1234"))
            .await
            .unwrap_err(),
        Fault::WeakPassword(Weakness::Common)
    );
    // Its figures are settings of the platform.
    let handle = world.at(TOY, OWNER).await;
    let stricter = PasswordRule {
        minimum: 20,
        ..handle.password_rule().await.unwrap()
    };
    handle.change_password_rule(stricter).await.unwrap();
    assert_eq!(handle.password_rule().await.unwrap().minimum, 20);
    assert_eq!(
        toy.create_user(new("Welcome12")).await.unwrap_err(),
        Fault::WeakPassword(Weakness::TooShort(20))
    );
}

async fn kept_byte_for_byte(world: &World) {
    let blanks = "  leading and trailing  ";
    let accents = "жизнь прекрасна é";
    let long: String = ('!'..='~').chain('À'..='ÿ').cycle().take(200).collect();
    for (number, password) in [blanks, accents, &long].into_iter().enumerate() {
        let email = format!("person{number}@example.org");
        world.person_with_password(&email, password).await;
        assert!(world.sign_in(&email, password).await.is_ok(), "{password}");
        assert!(
            world.sign_in(&email, password.trim()).await.is_ok() == (password.trim() == password)
        );
    }
    // Character 150 counts.
    let mut changed: Vec<char> = long.chars().collect();
    changed[149] = '\u{1F511}';
    let changed: String = changed.into_iter().collect();
    assert_eq!(
        world
            .sign_in("person2@example.org", &changed)
            .await
            .unwrap_err(),
        unknown()
    );
    // Composed and decomposed are two passwords: nothing is folded.
    let decomposed = "жизнь прекрасна e\u{301}";
    assert_eq!(
        world
            .sign_in("person1@example.org", decomposed)
            .await
            .unwrap_err(),
        unknown()
    );
    let endless = "x".repeat(5_000);
    assert_eq!(
        world
            .sign_in("person1@example.org", &endless)
            .await
            .unwrap_err(),
        unknown()
    );
}

async fn must_change(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let handle = world.system();
    handle
        .set_password(ada.id, NewPassword::MustChange(NEW.to_owned()))
        .await
        .unwrap();
    let fresh = world.sign_in(EMAIL, NEW).await.unwrap();
    assert!(fresh.must_change_password);
    assert!(
        world
            .caller_at(TOY, &fresh.secret)
            .await
            .unwrap()
            .must_change_password()
    );
    let session = world.as_session(&fresh).await;
    session
        .change_own_password(Some(NEW), PASSWORD)
        .await
        .unwrap();
    assert!(
        !world
            .caller_at(TOY, &fresh.secret)
            .await
            .unwrap()
            .must_change_password()
    );
    assert!(
        !world
            .sign_in(EMAIL, PASSWORD)
            .await
            .unwrap()
            .must_change_password
    );
}

async fn nothing_lasts_before_the_password_is_changed(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let system = world.system();
    let grant = directory::NewGrant {
        organisation: Some(ROOT),
        ..directory::NewGrant::from(ADMINISTRATOR)
    };
    system.grant_role(ada.id, grant).await.unwrap();
    let other = world.person("bob@example.org", ROOT, &[]).await.id;
    let new = NewPassword::MustChange(NEW.to_owned());
    system.set_password(ada.id, new).await.unwrap();
    let needed = || Err(Fault::PasswordChangeNeeded);
    for door in [
        Platform::USHER,
        TOY,
        crate::platforms::SOLO,
        crate::platforms::CLUB,
    ] {
        let request = directory::SessionRequest::of(directory::SessionKind::Bearer);
        let from = crate::support::from("192.0.2.1");
        let fresh = world
            .directory
            .sign_in(door, EMAIL, NEW, None, request, from);
        let caller = world.caller_at(door, &fresh.await.unwrap().secret).await;
        let handle = world.directory.act(&caller.unwrap());
        for operation in directory::Operation::ALL {
            let admitted = handle.admit(*operation);
            if operation.access().lasts {
                assert_eq!(admitted, needed(), "{operation:?} at {door}");
            } else {
                assert_ne!(admitted, needed(), "{operation:?} at {door}");
            }
        }
        let key = || directory::NewKey::default();
        let made = handle.create_key(ada.id, key()).await.map(|_| ());
        assert_eq!(made, needed());
        assert_eq!(handle.create_key(other, key()).await.map(|_| ()), needed());
        let address = || UserChange {
            email: Some(Some("ada.l@example.org".to_owned())),
            ..UserChange::default()
        };
        let changed = handle.update_own_profile(address()).await.map(|_| ());
        assert_eq!(changed, needed());
        let asked = UserChange {
            request_email: Some("ada.l@example.org".to_owned()),
            ..UserChange::default()
        };
        assert_eq!(handle.update_own_profile(asked).await.map(|_| ()), needed());
        let named = UserChange {
            profile: ProfileChange {
                title: Some(Some("Countess".to_owned())),
                ..ProfileChange::default()
            },
            ..UserChange::default()
        };
        handle.update_own_profile(named).await.unwrap();
    }
    // By a key that was there before, the flag is lifted by choosing a password alone.
    let own = world.as_user(ada.id).await;
    let lifted = UserChange {
        must_change_password: Some(false),
        ..UserChange::default()
    };
    let refused = own.update_user(ada.id, lifted).await.map(|_| ());
    assert_eq!(refused, needed());
}

async fn service_accounts_have_none(world: &World) {
    let robot = NewUser {
        login: Some("robot".to_owned()),
        kind: Some(UserKind::Service),
        password: NewPassword::Chosen("x".to_owned()),
        ..NewUser::default()
    };
    // Clients always send one when making an account.
    let robot = world.system().create_user(robot).await.unwrap();
    assert!(!robot.has_password);
    let set = world
        .system()
        .set_password(robot.id, NewPassword::Chosen(NEW.to_owned()))
        .await;
    assert!(matches!(
        set,
        Err(Fault::Invalid {
            field: "password",
            ..
        })
    ));
    let handle = world.as_user(robot.id).await;
    let own = handle.change_own_password(None, NEW).await;
    assert!(matches!(
        own,
        Err(Fault::Invalid {
            field: "password",
            ..
        })
    ));
    assert_eq!(world.sign_in("robot", "x").await.unwrap_err(), unknown());
    // Who becomes one loses what only people have.
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let change = UserChange {
        kind: Some(UserKind::Service),
        ..UserChange::default()
    };
    let ada = world.system().update_user(ada.id, change).await.unwrap();
    assert!(!ada.has_password);
    assert_eq!(
        world.caller_at(TOY, &fresh.secret).await.unwrap_err(),
        unknown()
    );
    assert_eq!(world.sign_in(EMAIL, PASSWORD).await.unwrap_err(), unknown());
}
