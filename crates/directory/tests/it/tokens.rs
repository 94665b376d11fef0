use directory::{
    Fault, Kind, NewGrant, NewPassword, NewUser, ProvisioningDefaults, QueuedMail, Refusal, Status,
    TokenPurpose, User, UserChange, UserKind, Weakness,
};

use crate::support::{ADMINISTRATOR, HELPDESK, OWNER, ROOT, START, TOY, World, both, from};

both![
    a_forgotten_password,
    strangers_learn_nothing,
    used_once_and_void_after,
    sent_by_administrators,
    the_way_in,
    a_new_address,
    locks_and_factors,
];

const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "tangerine umbrella 42";
const NEW: &str = "marmalade trombone 7";

fn token(mail: &QueuedMail) -> String {
    mail.values["token"].as_str().unwrap().to_owned()
}

fn missing() -> Fault {
    Fault::NotFound(Kind::Token)
}

impl World {
    async fn ask(&self, name: &str) {
        let asked = self
            .directory
            .request_password_reset(name, TOY, from("192.0.2.1"));
        assert_eq!(asked.await, Ok(()), "{name}");
    }

    async fn redeem(&self, token: &str, password: &str) -> Result<User, Fault> {
        self.directory
            .redeem_reset(token, password, TOY, from("192.0.2.1"))
            .await
    }

    async fn only_mail(&self) -> QueuedMail {
        let mut mails = self.mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }
}

async fn a_forgotten_password(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    let key = world.key_of(ada.id).await;
    world.ask(" ADA@example.org").await;
    let mail = world.only_mail().await;
    assert_eq!(
        (mail.template.as_str(), mail.to.as_str()),
        ("password_reset", EMAIL)
    );
    assert_eq!(mail.user, Some(ada.id));
    assert_eq!(mail.values["platform"], "toy");
    assert_eq!(mail.values["expires_at"], START.plus(3_600_000).rfc3339());
    let token = token(&mail);
    assert_eq!(token.len(), 43);
    assert!(!format!("{mail:?}").contains(&token));
    // The old password is good until the link is used.
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_ok());
    let state = world.directory.token_state(&token).await.unwrap();
    assert_eq!(
        (state.purpose, state.login.as_str()),
        (TokenPurpose::Reset, EMAIL)
    );
    // A password that the policy refuses does not use it up.
    for (password, why) in [
        ("short", Weakness::TooShort(12)),
        ("password1234", Weakness::Common),
        ("ada@example.org", Weakness::OwnNames),
        (PASSWORD, Weakness::Unchanged),
    ] {
        assert_eq!(
            world.redeem(&token, password).await.unwrap_err(),
            Fault::WeakPassword(why)
        );
    }
    assert_eq!(world.redeem(&token, NEW).await.unwrap().id, ada.id);
    assert_eq!(world.redeem(&token, PASSWORD).await.unwrap_err(), missing());
    assert_eq!(
        world.directory.token_state(&token).await.unwrap_err(),
        missing()
    );
    assert!(world.sign_in(EMAIL, NEW).await.is_ok());
    assert_eq!(
        world.caller_at(TOY, &fresh.secret).await.unwrap_err(),
        Fault::Unauthenticated(Refusal::Unknown)
    );
    assert!(world.caller_at(TOY, &key).await.is_ok());
    assert_eq!(world.only_mail().await.template, "notice_password");
}

async fn strangers_learn_nothing(world: &World) {
    let suspended = world
        .person_with_password("gone@example.org", PASSWORD)
        .await;
    let change = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    world
        .system()
        .update_user(suspended.id, change)
        .await
        .unwrap();
    let robot = NewUser {
        login: Some("robot".to_owned()),
        email: Some("robot@example.org".to_owned()),
        kind: Some(UserKind::Service),
        ..NewUser::default()
    };
    world.system().create_user(robot).await.unwrap();
    let without = NewUser {
        login: Some("no address".to_owned()),
        ..NewUser::default()
    };
    world.system().create_user(without).await.unwrap();
    for name in [
        "nobody@example.org",
        "gone@example.org",
        "robot@example.org",
        "no address",
        "",
    ] {
        world.ask(name).await;
    }
    assert!(world.mails().await.is_empty());
    // Nobody's mailbox is flooded on a stranger's asking.
    world.person_with_password(EMAIL, PASSWORD).await;
    for _ in 0..3 {
        world.ask(EMAIL).await;
    }
    assert_eq!(world.mails().await.len(), 1);
    world.clock.advance(60_000);
    world.ask(EMAIL).await;
    assert_eq!(world.mails().await.len(), 1);
    for guess in ["", "x", &"A".repeat(43)] {
        assert_eq!(world.redeem(guess, NEW).await.unwrap_err(), missing());
    }
}

async fn used_once_and_void_after(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let system = world.system();
    let ask = async || {
        world.clock.advance(60_000);
        world.mails().await;
        world.ask(EMAIL).await;
        token(&world.only_mail().await)
    };
    // Its time.
    let late = ask().await;
    world.clock.advance(3_599_999);
    assert!(world.directory.token_state(&late).await.is_ok());
    world.clock.advance(1);
    assert_eq!(world.redeem(&late, NEW).await.unwrap_err(), missing());
    // Any other change of the password.
    let by_admin = ask().await;
    system
        .set_password(ada.id, NewPassword::Chosen(NEW.to_owned()))
        .await
        .unwrap();
    assert_eq!(
        world.redeem(&by_admin, PASSWORD).await.unwrap_err(),
        missing()
    );
    let (one, two) = (ask().await, ask().await);
    world.redeem(&one, PASSWORD).await.unwrap();
    assert_eq!(world.redeem(&two, NEW).await.unwrap_err(), missing());
    // Leaving active, for good.
    let left = ask().await;
    for status in [Status::Inactive, Status::Active] {
        let change = UserChange {
            status: Some(status),
            ..UserChange::default()
        };
        system.update_user(ada.id, change).await.unwrap();
        assert_eq!(world.redeem(&left, NEW).await.unwrap_err(), missing());
    }
    // Another address: the link lies in a mailbox that may be somebody else's.
    let old_address = ask().await;
    let change = UserChange {
        email: Some(Some("ada.l@example.org".to_owned())),
        ..UserChange::default()
    };
    system.update_user(ada.id, change).await.unwrap();
    assert_eq!(
        world.redeem(&old_address, NEW).await.unwrap_err(),
        missing()
    );
    // Many at once: one is served.
    world.clock.advance(60_000);
    world.mails().await;
    world.ask("ada.l@example.org").await;
    let shared = token(&world.only_mail().await);
    let mut tries = Vec::new();
    for number in 0..8 {
        let (directory, shared) = (world.directory.clone(), shared.clone());
        tries.push(tokio::spawn(async move {
            let password = format!("marmalade trombone {number}");
            directory
                .redeem_reset(&shared, &password, TOY, from("192.0.2.1"))
                .await
                .is_ok()
        }));
    }
    let mut served = 0;
    for one in tries {
        served += usize::from(one.await.unwrap());
    }
    assert_eq!(served, 1);
}

async fn sent_by_administrators(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let boss = world
        .person("boss@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let desk = world.person("desk@example.org", ROOT, &[HELPDESK]).await;
    let desk = world.as_user(desk.id).await;
    assert_eq!(
        desk.send_password_reset(boss.id, true).await,
        Err(Fault::OutranksCaller)
    );
    let fresh = world.sign_in(EMAIL, PASSWORD).await.unwrap();
    desk.send_password_reset(ada.id, false).await.unwrap();
    assert!(world.caller_at(TOY, &fresh.secret).await.is_ok());
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_ok());
    let first = token(&world.only_mail().await);
    desk.send_password_reset(ada.id, true).await.unwrap();
    assert!(world.caller_at(TOY, &fresh.secret).await.is_err());
    assert!(world.sign_in(EMAIL, PASSWORD).await.is_err());
    assert_eq!(world.redeem(&first, NEW).await.unwrap_err(), missing());
    let second = token(&world.only_mail().await);
    assert!(world.redeem(&second, NEW).await.is_ok());
    for (change, field) in [
        (
            UserChange {
                status: Some(Status::Suspended),
                ..UserChange::default()
            },
            "status",
        ),
        (
            UserChange {
                kind: Some(UserKind::Service),
                ..UserChange::default()
            },
            "password",
        ),
    ] {
        world.system().update_user(ada.id, change).await.unwrap();
        let refused = desk.send_password_reset(ada.id, true).await;
        assert!(
            matches!(&refused, Err(Fault::Invalid { field: found, .. }) if *found == field),
            "{refused:?}"
        );
        assert!(desk.send_access_mail(ada.id).await.is_err());
    }
}

async fn the_way_in(world: &World) {
    let system = world.system();
    let new = |email: &str, password: NewPassword, mail: &str| NewUser {
        email: Some(email.to_owned()),
        password,
        door: ProvisioningDefaults {
            mail: Some(mail.to_owned()),
            ..ProvisioningDefaults::default()
        },
        ..NewUser::default()
    };
    // Without a password the mail on creation carries the link to the first one.
    let ada = system
        .create_user(new(EMAIL, NewPassword::None, "activation"))
        .await
        .unwrap();
    let mail = world.only_mail().await;
    assert_eq!(mail.template, "activation");
    assert_eq!(mail.values["expires_at"], START.plus(604_800_000).rfc3339());
    let token_text = token(&mail);
    let state = world.directory.token_state(&token_text).await.unwrap();
    assert_eq!(state.purpose, TokenPurpose::Activate);
    world.redeem(&token_text, PASSWORD).await.unwrap();
    world.mails().await;
    // With one it greets, and carries nothing.
    let chosen = NewPassword::Chosen(PASSWORD.to_owned());
    system
        .create_user(new("bob@example.org", chosen, "welcome"))
        .await
        .unwrap();
    let mail = world.only_mail().await;
    assert_eq!(
        (mail.template.as_str(), mail.values.get("token")),
        ("welcome", None)
    );
    // Later an administrator asks for the mail that fits.
    for (template, prepare) in [("welcome", false), ("password_reset", true)] {
        if prepare {
            world.sign_in(EMAIL, PASSWORD).await.unwrap();
        }
        system.send_access_mail(ada.id).await.unwrap();
        let mail = world.only_mail().await;
        assert_eq!(mail.template, template);
        assert!(world.directory.token_state(&token(&mail)).await.is_ok());
    }
    let eve = world.person("eve@example.org", ROOT, &[]).await;
    system.send_access_mail(eve.id).await.unwrap();
    assert_eq!(world.only_mail().await.template, "activation");
}

async fn a_new_address(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    let handle = world.as_user(ada.id).await;
    let ask = |email: &str| UserChange {
        request_email: Some(email.to_owned()),
        ..UserChange::default()
    };
    let confirm = async |token: &str| {
        world
            .directory
            .confirm_email(token, TOY, from("192.0.2.1"))
            .await
    };
    handle
        .update_own_profile(ask("first@example.org"))
        .await
        .unwrap();
    let first = world.only_mail().await;
    assert_eq!(
        (first.template.as_str(), first.to.as_str()),
        ("confirm_email", "first@example.org")
    );
    handle
        .update_own_profile(ask("second@example.org"))
        .await
        .unwrap();
    let second = world.only_mail().await;
    // Only the newest can be confirmed, and no password is set by it.
    assert_eq!(confirm(&token(&first)).await.unwrap_err(), missing());
    assert_eq!(
        world.redeem(&token(&second), NEW).await.unwrap_err(),
        missing()
    );
    // Pending reserves nothing.
    let taker = world.person("second@example.org", ROOT, &[]).await;
    assert_eq!(
        confirm(&token(&second)).await.unwrap_err(),
        Fault::Taken { field: "email" }
    );
    assert_eq!(
        world.system().user(ada.id).await.unwrap().email.as_deref(),
        Some(EMAIL)
    );
    world.system().delete_user(taker.id).await.unwrap();
    let user = confirm(&token(&second)).await.unwrap();
    assert_eq!(
        (
            user.email.as_deref(),
            user.login.as_str(),
            user.pending_email
        ),
        (Some("second@example.org"), "second@example.org", None)
    );
    assert_eq!(user.updated_by, Some(ada.id));
    // The old address is told.
    let notice = world.only_mail().await;
    assert_eq!(
        (notice.template.as_str(), notice.to.as_str()),
        ("notice_email", EMAIL)
    );
    assert_eq!(confirm(&token(&second)).await.unwrap_err(), missing());
    assert!(world.sign_in("second@example.org", PASSWORD).await.is_ok());
    // Asking for the present one takes the wish back.
    handle
        .update_own_profile(ask("third@example.org"))
        .await
        .unwrap();
    let third = world.only_mail().await;
    handle
        .update_own_profile(ask("second@example.org"))
        .await
        .unwrap();
    assert_eq!(confirm(&token(&third)).await.unwrap_err(), missing());
    assert!(world.mails().await.is_empty());
}

async fn locks_and_factors(world: &World) {
    let ada = world.person_with_password(EMAIL, PASSWORD).await;
    for _ in 0..3 {
        world.sign_in(EMAIL, "wrong").await.unwrap_err();
    }
    // A mailed link lifts a lock-out …
    world.ask(EMAIL).await;
    let link = token(&world.only_mail().await);
    let user = world.redeem(&link, NEW).await.unwrap();
    assert_eq!(user.lockout_until, None);
    assert!(world.sign_in(EMAIL, NEW).await.is_ok());
    // … and skips no second factor.
    let handle = world.as_user(ada.id).await;
    let begun = handle.begin_second_factor(None).await.unwrap();
    let wrong = handle.confirm_second_factor(&begun.secret).await;
    assert!(wrong.is_err());
    world.mails().await;
    world.clock.advance(60_000);
    world.ask(EMAIL).await;
    let link = token(&world.only_mail().await);
    // An administrator's lock holds it off.
    let lock = |locked| UserChange {
        locked: Some(locked),
        ..UserChange::default()
    };
    world
        .system()
        .update_user(ada.id, lock(true))
        .await
        .unwrap();
    assert_eq!(world.redeem(&link, PASSWORD).await.unwrap_err(), missing());
    // An owner's grants do not change what a link does.
    let grant = NewGrant {
        role: crate::support::OWNER_ROLE,
        organisation: Some(ROOT),
        expires_at: None,
    };
    world
        .system()
        .update_user(ada.id, lock(false))
        .await
        .unwrap();
    world.system().grant_role(ada.id, grant).await.unwrap();
    world.clock.advance(60_000);
    world.mails().await;
    world.ask(EMAIL).await;
    let link = token(&world.only_mail().await);
    assert!(world.redeem(&link, PASSWORD).await.is_ok());
    assert!(world.system().user(OWNER).await.unwrap().has_password);
}
