//! Rules of the wire, as tables.

use directory::{
    Fault, Kind, Line, Names, OrganisationId, Permission, Reach, Refusal, Standing, Status, Time,
    UserId, UserKind, Weakness,
};
use serde_json::{Value, json};

use super::catalogue::{self, Action};
use super::{errors, map, reader, spec, wire};

fn person(names: [Option<&str>; 3], email: Option<&str>) -> directory::User {
    let [display, given, family] = names.map(|name| name.map(str::to_owned));
    directory::User {
        id: UserId(18),
        uuid: uuid::Uuid::from_u128(7),
        login: email.unwrap_or("service-7").to_owned(),
        email: email.map(str::to_owned),
        pending_email: None,
        names: Names::default(),
        shown: directory::ShownNames {
            name: display.unwrap_or_default(),
            given: given.unwrap_or_default(),
            family,
        },
        kind: UserKind::Person,
        status: Status::Active,
        lock_after: None,
        locked_until: None,
        lockout_until: None,
        home: OrganisationId(1),
        primary_group: None,
        profile: directory::Profile::default(),
        second_factor_required: None,
        second_factor: false,
        has_password: true,
        must_change_password: false,
        password_changed_at: None,
        revision: 1,
        created_at: Time(0),
        created_by: None,
        updated_at: Time(0),
        updated_by: None,
        last_seen_at: None,
        signed_in_at: None,
        previous_sign_in_at: None,
        sign_in_count: 0,
    }
}

const NOW: Time = Time(1_000);

#[test]
fn states_show_as_two_flags() {
    let check = |status, locked: Option<i64>, lockout: Option<i64>, expected| {
        let mut user = person([None; 3], Some("ada@example.org"));
        user.status = status;
        user.locked_until = locked.map(Time);
        user.lockout_until = lockout.map(Time);
        assert_eq!(
            map::flags(&user, NOW),
            expected,
            "{status:?} {locked:?} {lockout:?}"
        );
    };
    check(Status::Active, None, None, (true, false));
    check(Status::Active, Some(2_000), None, (true, true));
    check(Status::Active, Some(500), None, (true, false));
    check(Status::Active, None, Some(2_000), (true, true));
    check(Status::Inactive, None, None, (false, false));
    check(Status::Suspended, Some(2_000), None, (false, false));
    check(Status::Expired, None, Some(2_000), (false, false));
}

#[test]
fn writing_back_what_is_shown_changes_nothing() {
    let check = |status, locked: bool, sent: bool, kept: Option<bool>| {
        let mut user = person([None; 3], Some("ada@example.org"));
        user.status = status;
        user.locked_until = locked.then_some(Time::NEVER);
        let change = wire::user_change(&json!({ "active": sent })).unwrap();
        assert!(map::needs_present(&change));
        let left = map::without_echo(change, &user, NOW).unwrap();
        assert_eq!(left.active, kept, "{status:?} {locked} {sent}");
    };
    check(Status::Active, false, true, None);
    check(Status::Active, true, true, None);
    check(Status::Active, false, false, Some(false));
    check(Status::Suspended, false, false, None);
    check(Status::Expired, false, false, None);
    check(Status::Suspended, false, true, Some(true));

    let service = person([Some("Lovelace"), None, Some("Lovelace")], None);
    let shown = map::user(&service, vec![], map::Profile::default(), NOW);
    assert_eq!(
        shown.email,
        "00000000000000000000000000000007@usher.invalid"
    );
    let change = wire::user_change(&json!({ "email": shown.email, "name": shown.name })).unwrap();
    let left = map::without_echo(change, &service, NOW).unwrap();
    assert!(left == wire::UserChange::default());
    // Somebody else's made-up address is no echo, and neither is a blank name where one is shown.
    let change = wire::user_change(&json!({ "email": "other@usher.invalid" })).unwrap();
    assert!(
        map::without_echo(change, &service, NOW)
            .unwrap()
            .email
            .is_some()
    );
    let ada = person([Some("Ada"), Some("Ada"), None], Some("ada@example.org"));
    let change = wire::user_change(&json!({ "name": " " })).unwrap();
    assert!(map::without_echo(change, &ada, NOW).is_err());
}

#[test]
fn only_what_was_sent_changes() {
    let change = wire::user_change(&json!({})).unwrap();
    let change = map::user_change(change);
    assert!(change.given.is_none() && change.family.is_none() && change.email.is_none());
    assert!(change.status.is_none() && change.locked.is_none() && change.password.is_none());
    assert!(change.profile.department.is_none() && change.extension_members.is_none());

    let change =
        wire::user_change(&json!({ "surname": null, "picture": null, "lockedOut": false }))
            .unwrap();
    let change = map::user_change(change);
    assert_eq!(change.family, Some(None));
    assert_eq!(change.locked, Some(false));
    // What is cleared is sent as such; what was not sent is not among the members.
    assert_eq!(json!(change.extension_members), json!({ "picture": null }));
}

#[test]
fn profiles_read_back() {
    for document in [
        json!({}),
        json!({ "biography": "Compilers", "picture": [1, 2], "language": "en", "preferred_profile": 1 }),
        json!({ "biography": "", "picture": [] }),
    ] {
        assert_eq!(map::Profile::read(Some(&document)).document(), document);
    }
    let odd = json!({ "biography": 5, "picture": "x", "language": null, "preferred_profile": "1" });
    assert_eq!(map::Profile::read(Some(&odd)), map::Profile::default());
    assert_eq!(map::Profile::read(None), map::Profile::default());
}

#[test]
fn permissions_read_back_as_they_were_sent() {
    let one = |entity: &str, action: &str, ids: Value, dynamic: Value| json!({ "entityName": entity, "action": action, "entityIds": ids, "dynamicId": dynamic });
    for sent in [
        json!([]),
        json!([one("user", "read", json!(null), json!(null))]),
        json!([one("user", "edit", json!([1, 2]), json!("self-user-id"))]),
        json!([one("user", "edit", json!(null), json!("self-user-id"))]),
        json!([
            one("user", "read", json!([1]), json!(null)),
            one("user", "read", json!([2]), json!(null))
        ]),
        json!([one("user", "read", json!([]), json!(null))]),
        json!([
            one("dashboard", "create", json!(null), json!(null)),
            one("dashboard", "read", json!([7]), json!(null))
        ]),
        json!([
            one("role", "create", json!(null), json!(null)),
            one("user", "create", json!(null), json!(null))
        ]),
    ] {
        let lines = map::lines(&wire::permissions(&sent).unwrap());
        assert_eq!(json!(map::permissions(&lines)), sent);
    }
    // Digits are ids too; an absent dynamicId is none.
    let sent = json!([{ "entityName": "user", "action": "read", "entityIds": ["3", 4, 5.0] }]);
    let lines = map::lines(&wire::permissions(&sent).unwrap());
    assert_eq!(map::permissions(&lines)[0].entity_ids, Some(vec![3, 4, 5]));
}

#[test]
fn malformed_permissions_are_refused() {
    let fine =
        json!({ "entityName": "user", "action": "read", "entityIds": null, "dynamicId": null });
    for (key, value) in [
        ("entityName", json!("")),
        ("entityName", json!("user.read")),
        ("entityName", json!("*")),
        ("entityName", json!(null)),
        ("action", json!("delete")),
        ("action", json!(1)),
        ("entityIds", json!("all")),
        ("entityIds", json!([-1])),
        ("entityIds", json!(["one"])),
        ("dynamicId", json!("everybody")),
        ("permissionType", json!("x")),
    ] {
        let mut one = fine.clone();
        one[key] = value.clone();
        assert!(wire::permissions(&json!([one])).is_err(), "{key} {value}");
    }
    let mut without = fine.clone();
    without.as_object_mut().unwrap().remove("entityIds");
    assert!(wire::permissions(&json!([without])).is_err());
    assert!(wire::permissions(&fine).is_err());
    assert!(wire::permissions(&json!([fine])).is_ok());
}

#[test]
fn actions_mean_what_the_vendor_says() {
    use Permission as P;
    let check = |entity: &str, action, reach: Reach, expected: &[P]| {
        let lines = catalogue::lines(entity, action, &reach);
        let core_lines: Vec<P> = lines
            .iter()
            .filter_map(|line| P::of_word(&line.word))
            .collect();
        assert_eq!(core_lines, expected, "{entity} {action:?} {reach:?}");
        assert!(lines.iter().all(|line| line.reach == reach));
        assert_eq!(lines[0].word, catalogue::word(entity, action));
    };
    let all = Reach::Subtree;
    check("user", Action::Read, all.clone(), &[P::ReadUsers]);
    check(
        "user",
        Action::Edit,
        all.clone(),
        &[
            P::ReadUsers,
            P::ReadRoles,
            P::EditUsers,
            P::ResetCredentials,
            P::GrantRoles,
        ],
    );
    check(
        "user",
        Action::Create,
        all.clone(),
        &[
            P::ReadUsers,
            P::ReadRoles,
            P::EditUsers,
            P::ResetCredentials,
            P::GrantRoles,
            P::CreateUsers,
            P::DeleteUsers,
        ],
    );
    // Over oneself nobody hands out roles, resets passwords or deletes.
    check(
        "user",
        Action::Create,
        Reach::Own,
        &[P::ReadUsers, P::EditUsers],
    );
    check("role", Action::Read, all.clone(), &[P::ReadRoles]);
    check(
        "role",
        Action::Create,
        all.clone(),
        &[P::ReadRoles, P::ManageRoles],
    );
    check("role", Action::Edit, Reach::Listed(vec![3]), &[]);
    check(
        "lockout-policy",
        Action::Read,
        all.clone(),
        &[P::ReadSettings],
    );
    check(
        "application-settings",
        Action::Edit,
        all.clone(),
        &[P::ReadRoles, P::ReadSettings, P::ManageSettings],
    );
    check("dashboard", Action::Create, all, &[]);
}

#[test]
fn built_in_roles() {
    let spec = spec();
    let [administrator, user] = &spec.roles[..] else {
        panic!("two roles");
    };
    assert_eq!(
        (administrator.number, administrator.name),
        (1, "Global Administrator")
    );
    assert_eq!((user.number, user.name), (2, "User"));
    // Whatever a permission of this dialect may mean, the administrator's role covers it.
    let held: Vec<&Line> = administrator.lines.iter().collect();
    for entity in catalogue::ENTITIES {
        for action in Action::ALL {
            for line in catalogue::lines(entity, action, &Reach::Subtree) {
                let covered = held.iter().any(|held| {
                    directory::word_covers(&held.word, &line.word) && held.reach == Reach::Subtree
                });
                assert!(covered, "{}", line.word);
            }
        }
    }
    // A plain user administers nothing and sees nobody else.
    for line in &user.lines {
        let permission = Permission::of_word(&line.word);
        assert!(permission.is_none_or(|permission| !permission.administrative()));
        assert!(permission != Some(Permission::ReadUsers) || line.reach == Reach::Own);
    }
    let shown = map::permissions(&administrator.lines);
    assert_eq!(shown.len(), 18);
    assert!(
        shown
            .iter()
            .all(|one| one.entity_ids.is_none() && one.dynamic_id.is_none())
    );
}

#[test]
fn new_users_are_read_closed() {
    let fine = json!({ "name": "Ada", "email": "ada@example.org", "password": "S3cret!Passw0rd" });
    let read = wire::new_users(&json!([fine])).unwrap();
    assert!(!read[0].active && read[0].surname.is_none());
    let with = |key: &str, value: Value| {
        let mut item = fine.clone();
        item[key] = value;
        wire::new_users(&json!([item]))
    };
    for (key, value) in [
        ("surname", json!(null)),
        ("department", json!("Navy")),
        ("biography", json!("")),
        ("active", json!(true)),
        ("picture", json!([1, 2.0])),
        ("picture", json!(null)),
    ] {
        assert!(with(key, value.clone()).is_ok(), "{key} {value}");
    }
    for (key, value) in [
        ("name", json!("")),
        ("name", json!(null)),
        ("name", json!(5)),
        ("email", json!(" ")),
        ("email", json!(["a@example.org"])),
        ("password", json!(null)),
        ("active", json!("true")),
        ("active", json!(null)),
        ("picture", json!("1,2")),
        ("picture", json!([1.5])),
        ("picture", json!(vec![0; 1_001])),
        ("biography", json!("x".repeat(10_001))),
        ("surname", json!("a\u{0}b")),
        ("roles", json!([1])),
        ("role", json!([1])),
        ("id", json!(5)),
        ("lockedOut", json!(false)),
        ("identifier", json!("x")),
        ("provider", json!("tenable")),
        ("eulaVersion", json!(0)),
        ("token", json!("x")),
    ] {
        assert!(with(key, value.clone()).is_err(), "{key} {value}");
    }
    for body in [
        json!([]),
        fine.clone(),
        json!([[fine]]),
        json!([fine, 5]),
        json!(null),
        json!("x"),
    ] {
        assert!(wire::new_users(&body).is_err(), "{body}");
    }
}

#[test]
fn machines_in_addresses() {
    for (url, host) in [
        ("https://people.example.org", "people.example.org"),
        ("https://people.example.org/usher", "people.example.org"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("http://[::1]:8080/usher", "::1"),
        ("", ""),
    ] {
        assert_eq!(map::host(url), host, "{url}");
    }
}

#[test]
fn ids_in_paths() {
    for (text, expected) in [
        ("5", Some(5)),
        ("007", Some(7)),
        ("99999999999999999999999", Some(i64::MAX)),
        ("", None),
        ("-1", None),
        ("5.0", None),
        ("whoami2", None),
        ("٣", None),
    ] {
        assert_eq!(reader::path_id(text).ok(), expected, "{text}");
    }
}

#[test]
fn roles_are_named_by_the_vendors_numbers() {
    let role = |id, number| directory::Role {
        id: directory::RoleId(id),
        uuid: uuid::Uuid::nil(),
        platform: "tenable".to_owned(),
        number,
        word: String::new(),
        organisation: None,
        builtin: false,
        name: String::new(),
        description: String::new(),
        lines: vec![],
        version: 1,
        created_at: Time(0),
        updated_at: Time(0),
    };
    let known = [role(40, 1), role(41, 2)];
    let ids = |wanted: &[i64]| {
        map::role_ids(wanted, &known).map(|ids| ids.iter().map(|id| id.number()).collect())
    };
    assert_eq!(ids(&[2, 1, 2]), Ok(vec![41, 40]));
    assert_eq!(ids(&[]), Ok(vec![]));
    assert_eq!(ids(&[1, 40]), Err(Fault::UnknownReference(Kind::Role)));
}

#[test]
fn faults_have_their_statuses() {
    let cases: Vec<(Fault, u16)> = vec![
        (Fault::Unauthenticated(Refusal::Missing), 401),
        (
            Fault::Unauthenticated(Refusal::Standing(Standing::Locked)),
            401,
        ),
        (Fault::Unauthenticated(Refusal::SecondFactorNeeded), 401),
        (Fault::Forbidden(Permission::ReadUsers), 403),
        (Fault::KeyLimit, 403),
        (Fault::ExceedsOwn, 403),
        (Fault::OutranksCaller, 403),
        (Fault::NotFound(Kind::User), 404),
        (Fault::UnknownReference(Kind::Role), 400),
        (Fault::Taken { field: "email" }, 409),
        (Fault::invalid("given", "is too long"), 400),
        (Fault::WeakPassword(Weakness::Common), 400),
        (Fault::PasswordChangeNeeded, 403),
        (Fault::WrongPassword, 400),
        (Fault::InUse(Kind::Role), 400),
        (Fault::Protected(Kind::Role), 400),
        (Fault::LastOwner, 400),
        (Fault::Stale, 409),
        (Fault::TooMany { retry_after: 1_001 }, 429),
        (Fault::Unavailable("busy"), 503),
        (Fault::Internal("SELECT secret".to_owned()), 500),
    ];
    let answers: Vec<Value> = cases
        .iter()
        .map(|(fault, status)| {
            let refused = errors::refused(fault);
            assert_eq!(refused.status, *status, "{fault}");
            json!({ "fault": fault.to_string(), "retry_after": refused.retry_after, "body": refused.body() })
        })
        .collect();
    insta::assert_json_snapshot!(answers);
    // What went wrong inside is told to nobody, and every refusal of a credential reads the same.
    assert!(!errors::refused(&cases[19].0).message.contains("SELECT"));
    assert_eq!(errors::refused(&cases[0].0), errors::refused(&cases[1].0));
}

/// A permission is privileged when what it means here changes anything or reads settings.
#[test]
fn every_administrative_permission_is_privileged() {
    let privileged = spec().privileged;
    for entity in catalogue::ENTITIES {
        for action in Action::ALL {
            let expected = catalogue::meaning(entity, action, false)
                .iter()
                .any(|one| one.administrative() || *one == Permission::ReadSettings);
            let word = catalogue::word(entity, action);
            assert_eq!(privileged.contains(&word.as_str()), expected, "{word}");
        }
    }
}
