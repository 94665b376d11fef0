use directory::{
    Branding, EventField, Fault, Lifetimes, LockoutPolicy, MailSettings, MailTemplate,
    MailTemplates, PasswordFigures, PasswordRule, Permission, Predicate, Proof, Query,
    SecondFactorPolicy, Setting, SettingsChange, Test,
};
use serde_json::{Map, Value, json};

use crate::platforms::SOLO;
use crate::support::{
    ADMINISTRATOR, AUDITOR, OWNER, OWNER_EMAIL, OWNER_PASSWORD, ROOT, TOY, World, both,
};

both!(
    defaults_until_changed,
    a_document_is_not_put_over_one_nobody_has_read,
    only_those_who_reach_everything,
    dialects_keep_their_own,
    the_trail_names_fields_and_no_values,
    where_mail_goes_takes_a_proof,
    several_change_together_or_not_at_all,
    members_are_put_over_what_is_there_by_then,
    every_value_has_its_bounds,
);

fn members(document: Value) -> Map<String, Value> {
    let Value::Object(members) = document else {
        panic!("{document}")
    };
    members
}

fn face(url: &str) -> Branding {
    Branding {
        url: Some(url.to_owned()),
        ..Branding::default()
    }
}

async fn defaults_until_changed(world: &World) {
    let handle = world.as_user(OWNER).await;
    assert_eq!(handle.setting().await, Ok(Branding::default()));
    handle
        .change_setting(face("https://usher.example.org"))
        .await
        .unwrap();
    let stored = handle.setting::<Branding>().await;
    assert_eq!(stored, Ok(face("https://usher.example.org")));
    assert_eq!(world.directory.setting::<Branding>().await, stored);
}

async fn only_those_who_reach_everything(world: &World) {
    let tree = world.tree().await;
    let read = Fault::Forbidden(Permission::ReadSettings);
    let change = Fault::Forbidden(Permission::ManageSettings);
    let auditor = world.person("audit@example.org", ROOT, &[AUDITOR]).await.id;
    let chief = world
        .person("chief@example.org", ROOT, &[ADMINISTRATOR])
        .await
        .id;
    for (who, reads, writes) in [
        (tree.nils, false, false),
        (tree.nora, false, false),
        (auditor, true, false),
        (chief, true, true),
    ] {
        let handle = world.as_user(who).await;
        let seen = handle.setting::<Branding>().await.map(drop);
        assert_eq!(seen, if reads { Ok(()) } else { Err(read.clone()) });
        let own = handle.dialect_setting("x").await.map(drop);
        assert_eq!(own, if reads { Ok(()) } else { Err(read.clone()) });
        let policy = LockoutPolicy {
            threshold: 4,
            ..LockoutPolicy::default()
        };
        let changed = handle.change_setting(policy).await;
        assert_eq!(changed, if writes { Ok(()) } else { Err(change.clone()) });
        // Where links lead is the owner's alone.
        let changed = handle.change_setting(face("https://x.example.org")).await;
        let mail = Fault::Forbidden(Permission::ManageMail);
        assert_eq!(changed, Err(if writes { mail } else { change.clone() }));
        let own = handle.change_dialect_setting("x", json!(1)).await;
        assert_eq!(own, if writes { Ok(()) } else { Err(change.clone()) });
    }
}

async fn dialects_keep_their_own(world: &World) {
    let toy = world.at(TOY, OWNER).await;
    let solo = world.at(SOLO, OWNER).await;
    assert_eq!(toy.dialect_setting("look").await, Ok(None));
    let look = json!({ "theme": "dark" });
    toy.change_dialect_setting("look", look.clone())
        .await
        .unwrap();
    assert_eq!(toy.dialect_setting("look").await, Ok(Some(look.clone())));
    assert_eq!(solo.dialect_setting("look").await, Ok(None));
    let directory = &world.directory;
    assert_eq!(directory.dialect_setting(TOY, "look").await, Ok(Some(look)));
    assert_eq!(directory.dialect_setting(SOLO, "look").await, Ok(None));
}

async fn the_trail_names_fields_and_no_values(world: &World) {
    let handle = world.as_user(OWNER).await;
    let mail = MailSettings {
        server: Some("smtp.example.org".to_owned()),
        account: Some("canary".to_owned()),
        ..MailSettings::default()
    };
    handle.change_setting(mail.clone()).await.unwrap();
    // The server is told; the account is not. The same again changes nothing and tells nothing.
    handle.change_setting(mail).await.unwrap();
    let query = Query {
        predicate: Predicate::Is(EventField::Verb, Test::Equals("setting.changed".into())),
        ..Query::default()
    };
    let events = handle.events(&query).await.unwrap().items;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].entity_name.as_deref(), Some("mail"));
    assert_eq!(
        events[0].detail,
        Some(json!({
            "fields": ["account", "server"],
            "before": { "server": null },
            "after": { "server": "smtp.example.org" },
        }))
    );
}

async fn where_mail_goes_takes_a_proof(world: &World) {
    let fresh = world.sign_in(OWNER_EMAIL, OWNER_PASSWORD).await.unwrap();
    let session = world.as_session(&fresh).await;
    let templates = |name: &str, text: &str| {
        let template = MailTemplate {
            subject: "Hello".to_owned(),
            text: text.to_owned(),
            html: None,
        };
        MailTemplates {
            templates: [(name.to_owned(), template)].into(),
        }
    };
    let mail = |server: &str| MailSettings {
        server: Some(server.to_owned()),
        ..MailSettings::default()
    };
    // Having signed in just now is proof enough.
    session.change_setting(mail("a.example.org")).await.unwrap();
    world.clock.advance(360_000);
    let refused = Err(Fault::WrongPassword);
    let changed = session.change_setting(mail("b.example.org")).await;
    assert_eq!(changed, refused);
    let changed = session.change_setting(face("https://b.example.org")).await;
    assert_eq!(changed, refused);
    let changed = session
        .change_setting(templates("password_reset", "x"))
        .await;
    assert_eq!(changed, refused);
    let password = SettingsChange::default().mail_password(Some("x".to_owned()));
    assert_eq!(session.change_settings(password).await, refused);
    // What leads nothing elsewhere takes none.
    session
        .change_setting(templates("notice_login", "x"))
        .await
        .unwrap();
    session
        .change_setting(LockoutPolicy::default())
        .await
        .unwrap();
    session.change_setting(mail("a.example.org")).await.unwrap();
    let proof = Proof::Password(OWNER_PASSWORD.to_owned());
    let proven = session.proven(Some(proof)).await.unwrap();
    proven.change_setting(mail("b.example.org")).await.unwrap();
    // A key is not asked for a proof.
    let key = world.as_user(OWNER).await;
    key.change_setting(mail("c.example.org")).await.unwrap();
}

async fn several_change_together_or_not_at_all(world: &World) {
    let owner = world.at(SOLO, OWNER).await;
    let change = |policy: Value, roles: &[directory::RoleId]| {
        SettingsChange::default()
            .members::<MailSettings>(members(json!({ "server": "smtp.example.org" })))
            .mail_password(Some("canary".to_owned()))
            .members::<LockoutPolicy>(members(policy))
            .default_roles(SOLO, roles.to_vec())
    };
    let (mail, policy): (MailSettings, LockoutPolicy) = (
        owner.setting().await.unwrap(),
        owner.setting().await.unwrap(),
    );
    let roles: Vec<_> = owner
        .default_roles()
        .await
        .unwrap()
        .iter()
        .map(|role| role.id)
        .collect();
    for (refused, wanted) in [
        (json!({ "threshold": 2 }), vec![directory::RoleId(999_999)]),
        (json!({ "threshold": "two" }), roles.clone()),
    ] {
        assert!(
            owner
                .change_settings(change(refused, &wanted))
                .await
                .is_err()
        );
        assert_eq!(owner.setting().await, Ok(mail.clone()));
        assert_eq!(owner.setting().await, Ok(policy.clone()));
        assert_eq!(owner.has_mail_password().await, Ok(false));
    }
    let good = change(json!({ "threshold": 2 }), &roles);
    owner.change_settings(good).await.unwrap();
    let server = Some("smtp.example.org".to_owned());
    assert_eq!(owner.setting().await, Ok(MailSettings { server, ..mail }));
    assert_eq!(
        owner.setting().await,
        Ok(LockoutPolicy {
            threshold: 2,
            ..policy
        })
    );
    assert_eq!(
        world.directory.mail_password().await,
        Ok(Some("canary".to_owned()))
    );
    // The same right as for one of them, and for other roles of the door their own right too.
    let part = world.organisation("Part", ROOT).await.id;
    let boss = world
        .person("boss@example.org", part, &[ADMINISTRATOR])
        .await
        .id;
    let boss = world.at(SOLO, boss).await;
    assert_eq!(
        boss.change_settings(change(json!({}), &roles)).await,
        Err(Fault::Forbidden(Permission::ManageSettings))
    );
}

async fn members_are_put_over_what_is_there_by_then(world: &World) {
    let owner = world.as_user(OWNER).await;
    let one = |name: &str, value: Value| {
        let change =
            SettingsChange::default().members::<LockoutPolicy>(members(json!({ name: value })));
        owner.change_settings(change)
    };
    let (first, second, third) = tokio::join!(
        one("threshold", json!(7)),
        one("period", json!(60)),
        one("enabled", json!(false)),
    );
    assert_eq!((first, second, third), (Ok(()), Ok(()), Ok(())));
    let policy: LockoutPolicy = owner.setting().await.unwrap();
    assert_eq!(
        (policy.threshold, policy.period, policy.enabled),
        (7, 60, false)
    );
}

/// Tries a member alone, over the default document; the name of what was refused.
async fn tried<S: Setting>(world: &World, name: &str, value: &Value) -> Option<&'static str> {
    let owner = world.as_user(OWNER).await;
    let before: S = owner.setting().await.unwrap();
    let member = members(json!({ name: value }));
    let change = SettingsChange::default().members::<S>(member.clone());
    let changed = owner.change_settings(change).await;
    // Stored whole it is looked at just the same.
    let mut whole = members(serde_json::to_value(&before).unwrap());
    whole.extend(member);
    if let Ok(whole) = serde_json::from_value::<S>(Value::Object(whole)) {
        assert_eq!(owner.change_setting(whole).await, changed);
    }
    let refused = match changed {
        Ok(()) => None,
        Err(Fault::Invalid { field, why }) => {
            assert!(!why.is_empty());
            Some(field)
        }
        Err(other) => panic!("{name} {value}: {other}"),
    };
    if refused.is_some() {
        let after: S = owner.setting().await.unwrap();
        assert_eq!(json!(after), json!(before), "{name} {value}");
    }
    owner.change_setting(S::default()).await.unwrap();
    refused
}

async fn every_value_has_its_bounds(world: &World) {
    let most = 2_147_483_647_i64;
    let numbers = |name, least: i64, most: i64| {
        let good = [json!(least), json!(most)];
        let bad = [
            json!(least - 1),
            json!(most + 1),
            json!(-1),
            json!(i64::MIN),
            json!(i64::MAX),
        ];
        (name, good.to_vec(), bad.to_vec())
    };
    let long = "x".repeat(256);
    let lines = || {
        (
            vec![json!(null), json!("a line"), json!("x".repeat(255))],
            vec![json!(long), json!("a\nb"), json!("a\u{0}b"), json!(7)],
        )
    };
    let check = |name: &'static str, good: Vec<Value>, bad: Vec<Value>| (name, good, bad);
    let (good_line, bad_line) = lines();
    let lockout = [
        numbers("duration", 0, most),
        numbers("threshold", 1, 1_000),
        numbers("period", 0, most),
        check("enabled", vec![json!(false)], vec![json!("yes"), json!(1)]),
    ];
    let passwords = [numbers("minimum", 8, 64), numbers("maximum", 64, 1_024)];
    let lifetimes = [
        numbers("session_idle", 1, 31_536_000),
        numbers("session", 1, 31_536_000),
        numbers("reset", 1, 604_800),
        numbers("activation", 1, 7_776_000),
        numbers("confirmation", 1, 2_592_000),
    ];
    let public = [
        check("title", good_line.clone(), bad_line.clone()),
        check(
            "url",
            [
                "https://usher.example.org",
                "http://192.0.2.1:8080/below",
                "",
            ]
            .iter()
            .map(|url| json!(url))
            .collect(),
            [
                "usher.example.org",
                "ftp://example.org",
                "javascript:alert(1)",
                "https://",
                "https:///x",
                "https://a b",
                "https://example.org/?q",
                "https://example.org/#f",
                "https://user@example.org",
                "https://example.org/\u{0}",
                "https://example.org/\"><script>",
            ]
            .iter()
            .map(|url| json!(url))
            .collect(),
        ),
    ];
    let mail = [
        check(
            "server",
            vec![json!(null), json!("smtp.example.org"), json!("2001:db8::1")],
            vec![
                json!(""),
                json!("a b"),
                json!("http://x"),
                json!("x@y"),
                json!(long),
            ],
        ),
        check(
            "port",
            vec![json!(null), json!(1), json!(65_535)],
            vec![json!(0), json!(65_536), json!(-1)],
        ),
        check("account", good_line, bad_line),
        check(
            "sender",
            vec![json!("usher@example.org"), json!("usher@localhost")],
            vec![json!(""), json!("usher"), json!("a@b\r\nBcc: c@d")],
        ),
        check("tls", vec![json!(true)], vec![json!(null)]),
        check("start_tls", vec![json!(true)], vec![json!("on")]),
    ];
    let second_factor = [check("required", vec![json!(true)], vec![json!("no")])];
    macro_rules! tables {
        ($($kind:ty: $table:expr;)*) => {$(
            let mut named: Vec<&str> = Vec::new();
            for (name, good, bad) in &$table {
                named.push(*name);
                for value in good {
                    let refused = tried::<$kind>(world, *name, value).await;
                    assert_eq!(refused, None, "{} {name} {value}", <$kind>::NAME);
                }
                for value in bad {
                    let refused = tried::<$kind>(world, *name, value).await;
                    // A value of the wrong kind makes no document, so no member is named.
                    let wanted = refused == Some(*name) || refused == Some("value");
                    assert!(wanted, "{} {name} {value}: {refused:?}", <$kind>::NAME);
                }
            }
            // No member is without its row.
            let document = members(json!(<$kind>::default()));
            let mut known: Vec<&str> = document.keys().map(String::as_str).collect();
            known.sort_unstable();
            named.sort_unstable();
            assert_eq!(known, named, "{}", <$kind>::NAME);
        )*};
    }
    tables! {
        LockoutPolicy: lockout;
        PasswordFigures: passwords;
        Lifetimes: lifetimes;
        Branding: public;
        MailSettings: mail;
        SecondFactorPolicy: second_factor;
    }
    let toy = world.at(TOY, OWNER).await;
    for (minimum, free_from, refused) in [
        (0, None, Some("minimum")),
        (129, None, Some("minimum")),
        (8, Some(0), Some("free_from")),
        (8, Some(129), Some("free_from")),
        (1, None, None),
        (128, Some(128), None),
    ] {
        let rule = PasswordRule {
            free_from,
            ..PasswordRule::length(minimum)
        };
        let changed = match toy.change_password_rule(rule).await {
            Ok(()) => None,
            Err(Fault::Invalid { field, .. }) => Some(field),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(changed, refused, "{rule:?}");
    }
}

async fn a_document_is_not_put_over_one_nobody_has_read(world: &World) {
    let handle = world.as_user(OWNER).await;
    let (old, first, second) = (
        Branding::default(),
        face("https://one.example.org"),
        face("https://two.example.org"),
    );
    let put = handle.change_setting_since(&old, first.clone()).await;
    assert_eq!(put, Ok(()));
    let late = handle.change_setting_since(&old, second.clone()).await;
    assert_eq!(late, Err(Fault::Stale));
    assert_eq!(handle.setting().await, Ok(first.clone()));
    let put = handle.change_setting_since(&first, second.clone()).await;
    assert_eq!(put, Ok(()));
    assert_eq!(handle.setting().await, Ok(second));
}
