use directory::{
    EventField, Fault, LockoutPolicy, MailSettings, Permission, Predicate, PublicFace, Query,
    SettingsChange, Test,
};
use serde_json::{Map, Value, json};

use crate::platforms::SOLO;
use crate::support::{ADMINISTRATOR, AUDITOR, OWNER, ROOT, TOY, World, both};

both!(
    defaults_until_changed,
    only_those_who_reach_everything,
    dialects_keep_their_own,
    the_trail_names_fields_and_no_values,
    several_change_together_or_not_at_all,
    members_are_put_over_what_is_there_by_then,
);

fn members(document: Value) -> Map<String, Value> {
    let Value::Object(members) = document else {
        panic!("{document}")
    };
    members
}

fn face(url: &str) -> PublicFace {
    PublicFace {
        url: Some(url.to_owned()),
        ..PublicFace::default()
    }
}

async fn defaults_until_changed(world: &World) {
    let handle = world.as_user(OWNER).await;
    assert_eq!(handle.setting().await, Ok(PublicFace::default()));
    handle
        .change_setting(face("https://usher.example.org"))
        .await
        .unwrap();
    let stored = handle.setting::<PublicFace>().await;
    assert_eq!(stored, Ok(face("https://usher.example.org")));
    assert_eq!(world.directory.setting::<PublicFace>().await, stored);
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
        let seen = handle.setting::<PublicFace>().await.map(drop);
        assert_eq!(seen, if reads { Ok(()) } else { Err(read.clone()) });
        let own = handle.dialect_setting("x").await.map(drop);
        assert_eq!(own, if reads { Ok(()) } else { Err(read.clone()) });
        let changed = handle.change_setting(face("https://x.example.org")).await;
        assert_eq!(changed, if writes { Ok(()) } else { Err(change.clone()) });
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
    // The same again changes nothing and tells nothing.
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
        Some(json!({ "fields": ["account", "server"] }))
    );
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
