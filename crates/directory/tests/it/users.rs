use directory::{
    Direction, Fault, Kind, Names, NamesShown, NewPassword, NewUser, OrganisationChange, Page,
    Permission, Position, Predicate, Profile, ProfileChange, Query, Ref, Refusal, Standing, Status,
    Test, Time, User, UserChange, UserField, UserId, UserKind,
};

use crate::support::{ADMINISTRATOR, OWNER, ROOT, START, World, both};

both!(
    made_changed_listed_deleted,
    one_name_space,
    login_follows_the_email,
    echo_changes_nothing,
    partial_names,
    service_accounts,
    status_and_locks,
    several_or_none,
    a_page_begins_after_any_row_in_any_order,
    an_alias_follows_its_row,
    documents_change_member_by_member,
    trials_leave_nothing,
    homes_move,
    domains_bind_part_administrators,
    strangers_answer_like_missing,
    nobody_takes_over_a_superior,
    the_last_owner_stays,
    pages_are_whole_and_stable,
    filters_filter,
);

fn named(email: &str) -> NewUser {
    NewUser {
        email: Some(email.to_owned()),
        ..NewUser::default()
    }
}

fn emails(page: &Page<User>) -> Vec<&str> {
    page.items
        .iter()
        .filter_map(|user| user.email.as_deref())
        .collect()
}

async fn made_changed_listed_deleted(world: &World) {
    let handle = world.system();
    // Inside a task of its own: the futures must be `Send` to serve requests.
    let user = tokio::spawn(async move { handle.create_user(named("Ada@example.org")).await })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (user.id.number(), user.login.as_str()),
        (2, "Ada@example.org")
    );
    let handle = world.system();
    let change = UserChange {
        display: Some(Some("Ada L".to_owned())),
        ..UserChange::default()
    };
    assert_eq!(
        handle
            .update_user(user.id, change)
            .await
            .unwrap()
            .shown
            .name,
        "Ada L"
    );
    let query = Query {
        sort: Some(UserField::Name),
        total: true,
        ..Query::default()
    };
    let page = handle.users(&query).await.unwrap();
    let names: Vec<_> = page
        .items
        .iter()
        .map(|user| user.shown.name.as_str())
        .collect();
    assert_eq!((names, page.total), (vec!["Ada L", "Olga Owner"], Some(2)));
    handle.delete_user(user.id).await.unwrap();
    assert_eq!(handle.user(user.id).await, Err(Fault::NotFound(Kind::User)));
    assert_eq!(handle.users(&query).await.unwrap().total, Some(1));
    // The name is free again, the number is not.
    let again = handle.create_user(named("ada@example.org")).await.unwrap();
    assert!(again.id > user.id);
}

async fn one_name_space(world: &World) {
    let handle = world.system();
    let ada = NewUser {
        login: Some("ada".to_owned()),
        ..named("ada@example.org")
    };
    handle.create_user(ada).await.unwrap();
    for (login, email, field) in [
        (None, Some("ADA@example.org"), "email"),
        (Some("ada@EXAMPLE.org"), Some("other@example.org"), "login"),
        (Some("Ada"), None, "login"),
    ] {
        let new = NewUser {
            login: login.map(str::to_owned),
            email: email.map(str::to_owned),
            ..NewUser::default()
        };
        assert_eq!(
            handle.create_user(new).await,
            Err(Fault::Taken { field }),
            "{login:?} {email:?}"
        );
    }
    for name in ["ada", "ADA", "Ada@Example.org"] {
        assert_eq!(
            handle.user(Ref::Name(name.to_owned())).await.unwrap().login,
            "ada",
            "{name}"
        );
    }
    // Accents make another name.
    let accented = NewUser {
        login: Some("adá".to_owned()),
        ..NewUser::default()
    };
    handle.create_user(accented).await.unwrap();
    let neither = NewUser::default();
    assert!(matches!(
        handle.create_user(neither).await,
        Err(Fault::Invalid { field: "email", .. })
    ));
}

async fn login_follows_the_email(world: &World) {
    let handle = world.system();
    let same = handle.create_user(named("one@example.org")).await.unwrap();
    let apart = handle
        .create_user(NewUser {
            login: Some("two".to_owned()),
            ..named("two@example.org")
        })
        .await
        .unwrap();
    for (user, email, login) in [
        (same.id, "uno@example.org", "uno@example.org"),
        (apart.id, "due@example.org", "two"),
    ] {
        let change = UserChange {
            email: Some(Some(email.to_owned())),
            ..UserChange::default()
        };
        let changed = handle.update_user(user, change).await.unwrap();
        assert_eq!(
            (changed.email.as_deref(), changed.login.as_str()),
            (Some(email), login)
        );
    }
    // The old names are free, the new ones are taken.
    handle.create_user(named("one@example.org")).await.unwrap();
    assert_eq!(
        handle.create_user(named("DUE@example.org")).await,
        Err(Fault::Taken { field: "email" })
    );
}

async fn echo_changes_nothing(world: &World) {
    let handle = world.system();
    let new = NewUser {
        names: Names {
            display: Some("Ada King".to_owned()),
            ..Names::default()
        },
        profile: Profile {
            title: Some("Countess".to_owned()),
            ..Profile::default()
        },
        ..named("ada@example.org")
    };
    let user = handle.create_user(new).await.unwrap();
    let echo = UserChange {
        email: Some(user.email.clone()),
        given: Some(Some(user.shown.given.clone())),
        family: Some(user.shown.family.clone()),
        names_shown: NamesShown::Parts,
        status: Some(user.status),
        locked: Some(false),
        profile: ProfileChange {
            title: Some(user.profile.title.clone()),
            ..ProfileChange::default()
        },
        home: Some(user.home),
        ..UserChange::default()
    };
    assert_eq!(handle.update_user(user.id, echo).await.unwrap(), user);
}

async fn partial_names(world: &World) {
    let handle = world.system();
    let new = NewUser {
        names: Names {
            display: Some("Ada King".to_owned()),
            ..Names::default()
        },
        ..named("ada@example.org")
    };
    let user = handle.create_user(new).await.unwrap();
    let change = UserChange {
        given: Some(Some("Augusta".to_owned())),
        names_shown: NamesShown::Parts,
        ..UserChange::default()
    };
    let shown = handle.update_user(user.id, change).await.unwrap().shown;
    assert_eq!(
        (shown.name.as_str(), shown.family.as_deref()),
        ("Augusta King", Some("King"))
    );
}

async fn service_accounts(world: &World) {
    let handle = world.system();
    let new = NewUser {
        kind: Some(UserKind::Service),
        // Clients always send one: it is ignored.
        password: NewPassword::Chosen("x".to_owned()),
        names: Names {
            display: Some("Feeder".to_owned()),
            ..Names::default()
        },
        ..NewUser::default()
    };
    let service = handle.create_user(new).await.unwrap();
    assert_eq!(
        (service.email.as_deref(), service.has_password),
        (None, false)
    );
    let password = UserChange {
        password: Some(NewPassword::Chosen("a long enough password".to_owned())),
        ..UserChange::default()
    };
    assert!(matches!(
        handle.update_user(service.id, password).await,
        Err(Fault::Invalid {
            field: "password",
            ..
        })
    ));
    let person = world
        .person_with_password("ada@example.org", "lovely analytical engine")
        .await;
    assert!(person.has_password);
    let key = world.key_of(person.id).await;
    let turned = UserChange {
        kind: Some(UserKind::Service),
        ..UserChange::default()
    };
    assert!(
        !handle
            .update_user(person.id, turned)
            .await
            .unwrap()
            .has_password
    );
    world.caller(&key).await.unwrap();
}

async fn status_and_locks(world: &World) {
    let handle = world.system();
    let user = world.person("ada@example.org", ROOT, &[]).await;
    let key = world.key_of(user.id).await;
    let with = |status, locked, lock_after| UserChange {
        status,
        locked,
        lock_after,
        ..UserChange::default()
    };
    let later = Some(Some(START.plus(1_000)));
    for (change, standing) in [
        (
            with(Some(Status::Suspended), None, None),
            Standing::Suspended,
        ),
        (with(Some(Status::Active), None, None), Standing::Active),
        (with(None, Some(true), None), Standing::Locked),
        (with(None, Some(false), None), Standing::Active),
        (with(None, Some(true), None), Standing::Locked),
        // Becoming active lifts locks only when it was not so before; it is active here already.
        (with(Some(Status::Inactive), None, None), Standing::Inactive),
        (with(Some(Status::Active), None, None), Standing::Active),
        (with(Some(Status::Expired), None, None), Standing::Expired),
        (with(Some(Status::Active), None, later), Standing::Active),
    ] {
        let changed = handle.update_user(user.id, change.clone()).await.unwrap();
        assert_eq!(
            changed.standing(world.directory.now()),
            standing,
            "{change:?}"
        );
        let opens = world.caller(&key).await.map(|_| ());
        let expected = if standing == Standing::Active {
            Ok(())
        } else {
            Err(Fault::Unauthenticated(Refusal::Standing(standing)))
        };
        assert_eq!(opens, expected, "{change:?}");
    }
    world.clock.advance(1_000);
    assert_eq!(
        world.caller(&key).await.map(|_| ()),
        Err(Fault::Unauthenticated(Refusal::Standing(Standing::Expired)))
    );
    // Becoming active clears a date that is past.
    let inactive = with(Some(Status::Inactive), None, None);
    handle.update_user(user.id, inactive).await.unwrap();
    let active = handle
        .update_user(user.id, with(Some(Status::Active), None, None))
        .await
        .unwrap();
    assert_eq!(active.lock_after, None);
}

async fn several_or_none(world: &World) {
    let handle = world.system();
    let both = vec![named("ada@example.org"), named("ADA@example.org")];
    assert_eq!(
        handle.create_users(both).await,
        Err(Fault::Taken { field: "email" })
    );
    assert_eq!(
        handle.users(&Query::default()).await.unwrap().items.len(),
        1
    );
    let both = vec![named("ada@example.org"), named("bo@example.org")];
    assert_eq!(handle.create_users(both).await.unwrap().len(), 2);
}

async fn trials_leave_nothing(world: &World) {
    let handle = world.system();
    handle
        .validate_user(named("ada@example.org"))
        .await
        .unwrap();
    assert!(handle.validate_user(named("not an address")).await.is_err());
    assert_eq!(
        handle.user(Ref::Name("ada@example.org".to_owned())).await,
        Err(Fault::NotFound(Kind::User))
    );
}

async fn homes_move(world: &World) {
    let (a, b) = (
        world.organisation("A", ROOT).await,
        world.organisation("B", ROOT).await,
    );
    let user = world.person("ada@example.org", a.id, &[]).await;
    let boss = world
        .person("boss@example.org", a.id, &[ADMINISTRATOR])
        .await;
    let to = |home| UserChange {
        home: Some(home),
        ..UserChange::default()
    };
    // Whoever does not see the other place is told that there is none.
    let part = world.as_user(boss.id).await;
    assert_eq!(
        part.update_user(user.id, to(b.id)).await,
        Err(Fault::UnknownReference(Kind::Organisation))
    );
    let moved = world.system().update_user(user.id, to(b.id)).await.unwrap();
    assert_eq!(moved.home, b.id);
    let memberships = world.system().memberships(&[user.id]).await.unwrap();
    assert_eq!(
        memberships
            .iter()
            .map(|one| (one.organisation, one.home))
            .collect::<Vec<_>>(),
        [(b.id, true)]
    );
    let mut population = world.system().population(&[a.id, b.id]).await.unwrap();
    population.sort_unstable();
    assert_eq!(population, [(a.id, 1), (b.id, 1)]);
    // Out of sight now.
    assert_eq!(part.user(user.id).await, Err(Fault::NotFound(Kind::User)));
}

async fn domains_bind_part_administrators(world: &World) {
    let part = world.organisation("Part", ROOT).await;
    let change = OrganisationChange {
        domains: Some(vec!["part.example".to_owned()]),
        ..OrganisationChange::default()
    };
    world
        .system()
        .update_organisation(part.id, change)
        .await
        .unwrap();
    let boss = world
        .person("boss@part.example", part.id, &[ADMINISTRATOR])
        .await;
    let boss = world.as_user(boss.id).await;
    let refused = boss.create_user(named("ada@elsewhere.example")).await;
    assert!(
        matches!(
            refused,
            Err(Fault::Invalid {
                field: "email_domain",
                ..
            })
        ),
        "{refused:?}"
    );
    let ada = boss
        .create_user(named("ada@sub.part.example"))
        .await
        .unwrap();
    assert_eq!(ada.home, part.id);
    let away = UserChange {
        email: Some(Some("ada@elsewhere.example".to_owned())),
        ..UserChange::default()
    };
    assert!(boss.update_user(ada.id, away.clone()).await.is_err());
    world.system().update_user(ada.id, away).await.unwrap();
}

async fn strangers_answer_like_missing(world: &World) {
    let (a, b) = (
        world.organisation("A", ROOT).await,
        world.organisation("B", ROOT).await,
    );
    let boss = world
        .person("boss@example.org", a.id, &[ADMINISTRATOR])
        .await;
    let stranger = world.person("stranger@example.org", b.id, &[]).await;
    let boss = world.as_user(boss.id).await;
    let missing = directory::UserId(4_711);
    let change = || UserChange {
        profile: ProfileChange {
            title: Some(Some("x".to_owned())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    for id in [stranger.id, missing] {
        assert_eq!(boss.user(id).await, Err(Fault::NotFound(Kind::User)));
        assert_eq!(
            boss.update_user(id, change()).await,
            Err(Fault::NotFound(Kind::User))
        );
        assert_eq!(boss.delete_user(id).await, Err(Fault::NotFound(Kind::User)));
    }
    let query = Query {
        search: Some("stranger".to_owned()),
        total: true,
        ..Query::default()
    };
    let page = boss.users(&query).await.unwrap();
    assert_eq!((page.items.len(), page.total), (0, Some(0)));
    assert_eq!(world.system().users(&query).await.unwrap().total, Some(1));
    // A member is seen by the organisation's administrators, and not changed by them.
    world
        .system()
        .add_membership(stranger.id, a.id, None)
        .await
        .unwrap();
    assert_eq!(boss.user(stranger.id).await.unwrap().id, stranger.id);
    assert_eq!(
        boss.update_user(stranger.id, change()).await,
        Err(Fault::Forbidden(Permission::EditUsers))
    );
}

async fn nobody_takes_over_a_superior(world: &World) {
    let a = world.organisation("A", ROOT).await;
    let below = world.organisation("A below", a.id).await;
    let upper = world
        .person("upper@example.org", a.id, &[ADMINISTRATOR])
        .await;
    let lower = world
        .person("lower@example.org", below.id, &[ADMINISTRATOR])
        .await;
    // The superior is homed below, but administers above.
    let superior = world
        .person("superior@example.org", a.id, &[ADMINISTRATOR])
        .await;
    let home = UserChange {
        home: Some(below.id),
        ..UserChange::default()
    };
    world.system().update_user(superior.id, home).await.unwrap();
    let (upper, lower) = (world.as_user(upper.id).await, world.as_user(lower.id).await);
    let suspend = || UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    let password = || UserChange {
        password: Some(NewPassword::Chosen("a stolen account, nearly".to_owned())),
        ..UserChange::default()
    };
    for change in [
        suspend(),
        password(),
        UserChange {
            email: Some(Some("mine@example.org".to_owned())),
            ..UserChange::default()
        },
    ] {
        assert_eq!(
            lower.update_user(superior.id, change).await,
            Err(Fault::OutranksCaller)
        );
    }
    assert_eq!(
        lower.delete_user(superior.id).await,
        Err(Fault::OutranksCaller)
    );
    // What is no power over the account may be changed.
    let title = UserChange {
        profile: ProfileChange {
            title: Some(Some("Boss".to_owned())),
            ..ProfileChange::default()
        },
        ..UserChange::default()
    };
    lower.update_user(superior.id, title).await.unwrap();
    upper.update_user(superior.id, suspend()).await.unwrap();
}

async fn the_last_owner_stays(world: &World) {
    let owner = world.as_user(OWNER).await;
    let change = |status| UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    for status in [Status::Inactive, Status::Suspended, Status::Expired] {
        assert_eq!(
            owner.update_user(OWNER, change(status)).await,
            Err(Fault::LastOwner),
            "{status:?}"
        );
    }
    let locked = UserChange {
        locked: Some(true),
        ..UserChange::default()
    };
    assert_eq!(
        owner.update_user(OWNER, locked).await,
        Err(Fault::LastOwner)
    );
    let past = UserChange {
        lock_after: Some(Some(Time(0))),
        ..UserChange::default()
    };
    assert_eq!(owner.update_user(OWNER, past).await, Err(Fault::LastOwner));
    assert_eq!(owner.delete_user(OWNER).await, Err(Fault::LastOwner));
    world
        .person("second@example.org", ROOT, &[crate::support::OWNER_ROLE])
        .await;
    owner
        .update_user(OWNER, change(Status::Inactive))
        .await
        .unwrap();
}

async fn pages_are_whole_and_stable(world: &World) {
    let handle = world.system();
    // Many share a name, so that only the number tells them apart.
    let new = (0..57).map(|n| NewUser {
        names: Names {
            display: Some(format!("Same {}", n % 3)),
            ..Names::default()
        },
        ..named(&format!("p{n}@example.org"))
    });
    handle.create_users(new.collect()).await.unwrap();
    for sort in [
        None,
        Some(UserField::Name),
        Some(UserField::Email),
        Some(UserField::CreatedAt),
        Some(UserField::LastSeenAt),
    ] {
        for direction in [directory::Direction::Up, directory::Direction::Down] {
            let mut query = Query {
                sort: sort.clone(),
                direction,
                limit: 10,
                ..Query::default()
            };
            let mut seen = Vec::new();
            loop {
                let page = handle.users(&query).await.unwrap();
                seen.extend(page.items.into_iter().map(|user| user.id));
                match page.next {
                    Some(next) => query.from = directory::Position::After(next),
                    None => break,
                }
            }
            let whole = Query {
                sort: sort.clone(),
                direction,
                limit: 1_000,
                ..Query::default()
            };
            let whole: Vec<_> = handle
                .users(&whole)
                .await
                .unwrap()
                .items
                .into_iter()
                .map(|user| user.id)
                .collect();
            assert_eq!(seen, whole, "{sort:?} {direction:?}");
            assert_eq!(seen.len(), 58);
        }
    }
}

async fn filters_filter(world: &World) {
    let handle = world.system();
    let a = world.organisation("A", ROOT).await;
    let new = |email: &str, name: &str| NewUser {
        names: Names {
            display: Some(name.to_owned()),
            ..Names::default()
        },
        ..named(email)
    };
    handle
        .create_user(NewUser {
            home: Some(a.id),
            ..new("zoe@example.org", "Zoë 100%_sure")
        })
        .await
        .unwrap();
    handle
        .create_user(NewUser {
            kind: Some(UserKind::Service),
            ..new("bot@example.org", "Bot")
        })
        .await
        .unwrap();
    handle
        .create_user(NewUser {
            status: Some(Status::Inactive),
            ..new("ina@example.org", "Ina")
        })
        .await
        .unwrap();
    let is = |field, test| Predicate::Is(field, test);
    let text = |text: &str| directory::Value::from(text);
    for (predicate, expected) in [
        (
            is(UserField::Name, Test::Equals(text("zoe 100%_SURE"))),
            vec!["zoe@example.org"],
        ),
        (
            is(UserField::Name, Test::Contains("100%".to_owned())),
            vec!["zoe@example.org"],
        ),
        (
            is(UserField::Name, Test::Contains("0%s".to_owned())),
            vec![],
        ),
        (
            is(UserField::Email, Test::Glob("*OT@*".to_owned())),
            vec!["bot@example.org"],
        ),
        (
            is(
                UserField::Email,
                Test::OneOf(vec![text("ina@example.org"), text("no@example.org")]),
            ),
            vec!["ina@example.org"],
        ),
        (
            is(UserField::Kind, Test::Equals(text("service"))),
            vec!["bot@example.org"],
        ),
        (
            is(UserField::Standing, Test::Equals(text("inactive"))),
            vec!["ina@example.org"],
        ),
        (
            is(UserField::Home, Test::Equals(a.id.0.into())),
            vec!["zoe@example.org"],
        ),
        (
            is(UserField::LockAfter, Test::Absent)
                .and(is(UserField::Home, Test::Equals(a.id.0.into()))),
            vec!["zoe@example.org"],
        ),
        (
            Predicate::Not(Box::new(is(UserField::Home, Test::Equals(ROOT.0.into())))),
            vec!["zoe@example.org"],
        ),
        (
            Predicate::Or(vec![
                is(UserField::Name, Test::StartsWith("bo".to_owned())),
                is(UserField::Name, Test::EndsWith("na".to_owned())),
            ]),
            vec!["bot@example.org", "ina@example.org"],
        ),
        (Predicate::Nothing, vec![]),
        (Predicate::Or(vec![]), vec![]),
    ] {
        let query = Query {
            predicate: predicate.clone(),
            sort: Some(UserField::Email),
            total: true,
            ..Query::default()
        };
        let page = handle.users(&query).await.unwrap();
        assert_eq!(emails(&page), expected, "{predicate:?}");
        assert_eq!(page.total, Some(expected.len() as u64), "{predicate:?}");
    }
    let mut deep = is(UserField::Id, Test::Equals(1.into()));
    for _ in 0..100 {
        deep = Predicate::Not(Box::new(deep));
    }
    assert!(matches!(
        handle
            .users(&Query {
                predicate: deep,
                ..Query::default()
            })
            .await,
        Err(Fault::Invalid {
            field: "filter",
            ..
        })
    ));
}

async fn documents_change_member_by_member(world: &World) {
    use directory::{Extended, NewExtension};
    use serde_json::{Value, json};
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let handle = world.system();
    let check = async |sent: Value, expected: Value| {
        let Value::Object(members) = sent.clone() else {
            panic!("members are an object");
        };
        let change = UserChange {
            extension_members: Some(members),
            ..UserChange::default()
        };
        handle.update_user(ada.id, change).await.unwrap();
        let stored = handle
            .extensions(Extended::User, &[ada.id.0])
            .await
            .unwrap();
        let stored = stored.get(&ada.id.0).cloned().unwrap_or_else(|| json!({}));
        assert_eq!(stored, expected, "{sent}");
    };
    check(json!({}), json!({})).await;
    check(json!({ "a": 1 }), json!({ "a": 1 })).await;
    check(json!({ "b": [2] }), json!({ "a": 1, "b": [2] })).await;
    check(json!({ "a": null, "c": null }), json!({ "b": [2] })).await;
    // Terms stay when members change.
    let new = NewExtension {
        document: json!({ "a": 1 }),
        terms: vec![("flag".to_owned(), "on".to_owned())],
    };
    handle
        .put_extension(Extended::User, ada.id.0, new)
        .await
        .unwrap();
    check(json!({ "a": 2 }), json!({ "a": 2 })).await;
    let flagged = Query {
        predicate: Predicate::Is(
            UserField::Term(directory::Platform::USHER, "flag".to_owned()),
            Test::Equals("on".into()),
        ),
        ..Query::default()
    };
    assert_eq!(
        emails(&handle.users(&flagged).await.unwrap()),
        ["ada@example.org"]
    );
    // Nothing is written and told where nothing changes.
    let change = || UserChange {
        extension_members: json!({ "a": 2 }).as_object().cloned(),
        ..UserChange::default()
    };
    let before = handle.user(ada.id).await.unwrap();
    assert_eq!(handle.update_user(ada.id, change()).await.unwrap(), before);
    // Changes of different members at once are all kept.
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let handle = handle.clone();
            let change = UserChange {
                extension_members: json!({ format!("m{number}"): number }).as_object().cloned(),
                ..UserChange::default()
            };
            tokio::spawn(async move { handle.update_user(ada.id, change).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let stored = handle
        .extensions(Extended::User, &[ada.id.0])
        .await
        .unwrap();
    assert_eq!(stored[&ada.id.0].as_object().unwrap().len(), 17);
}

async fn a_page_begins_after_any_row_in_any_order(world: &World) {
    use directory::{Extended, NewExtension};
    let handle = world.system();
    for (number, shade) in [
        (0, "red"),
        (1, ""),
        (2, "blue"),
        (3, "red"),
        (4, ""),
        (5, "green"),
    ] {
        let email = format!("p{number}@example.org");
        let person = world.person(&email, ROOT, &[]).await;
        let terms = (!shade.is_empty()).then(|| ("shade".to_owned(), shade.to_owned()));
        let new = NewExtension {
            terms: terms.into_iter().collect(),
            ..NewExtension::default()
        };
        let put = handle.put_extension(Extended::User, person.id.0, new);
        put.await.unwrap();
    }
    let shade = UserField::Term(directory::Platform::USHER, "shade".to_owned());
    let orders = [
        None,
        Some(UserField::Name),
        Some(UserField::Email),
        Some(UserField::UpdatedAt),
        Some(shade.clone()),
    ];
    for sort in orders {
        for direction in [Direction::Up, Direction::Down] {
            let whole = Query {
                sort: sort.clone(),
                direction,
                ..Query::default()
            };
            let page = handle.users(&whole).await.unwrap();
            assert_eq!(page.cursors.len(), page.items.len());
            if sort == Some(shade.clone()) {
                let found = emails(&page);
                let mut shades: Vec<&str> = found
                    .iter()
                    .filter_map(|email| match email.as_bytes()[..2] {
                        [b'p', b'0' | b'3'] => Some("red"),
                        [b'p', b'2'] => Some("blue"),
                        [b'p', b'5'] => Some("green"),
                        _ => None,
                    })
                    .collect();
                if direction == Direction::Down {
                    shades.reverse();
                }
                assert_eq!(shades, ["blue", "green", "red", "red"]);
            }
            for (index, cursor) in page.cursors.iter().enumerate() {
                let rest = Query {
                    from: Position::After(cursor.clone()),
                    ..whole.clone()
                };
                let rest = handle.users(&rest).await.unwrap().items;
                assert_eq!(rest, page.items[index + 1..], "{sort:?} {direction:?}");
            }
        }
    }
}

async fn an_alias_follows_its_row(world: &World) {
    let handle = world.system();
    let called = async |alias: &str| -> Vec<UserId> {
        let query = Query {
            predicate: Predicate::Is(UserField::Alias, Test::OneOf(vec![alias.into()])),
            ..Query::default()
        };
        let page = handle.users(&query).await.unwrap();
        page.items.iter().map(|user| user.id).collect()
    };
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let bob = world.person("bob@example.org", ROOT, &[]).await;
    assert_eq!(called("toy ada@example.org").await, [ada.id]);
    assert_eq!(called("toy owner@example.org").await, [OWNER]);
    let change = UserChange {
        email: Some(Some("lovelace@example.org".to_owned())),
        ..UserChange::default()
    };
    handle.update_user(ada.id, change).await.unwrap();
    assert_eq!(called("toy ada@example.org").await, []);
    assert_eq!(called("toy lovelace@example.org").await, [ada.id]);
    let before = world.directory.statements();
    called("toy bob@example.org").await;
    assert_eq!(world.directory.statements() - before, 1);
    handle.delete_user(bob.id).await.unwrap();
    assert_eq!(called("toy bob@example.org").await, []);
    assert_eq!(called("TOY ADA@example.org").await, []);
}
