//! Limited keys of each kind against everything that makes or changes a credential, an account or a
//! role, at every door. What came of it stands in `tests/golden/limited_keys.txt`, for people to read.
//!
//! `USHER_REGENERATE=1 cargo test -p directory limited_keys` writes the file anew.

use std::fmt::Write as _;

use directory::{
    Constraint, ConstraintKind, Fault, GroupRoleScope, Handle, KeyLimits, Line, MailSettings,
    Manager, ManagerLevel, NewGrant, NewKey, NewPassword, NewRole, NewUser, OrganisationId,
    Permission, Platform, Reach, RoleId, SettingsChange, UserChange, UserId,
};

use crate::platforms::{CLUB, SOLO};
use crate::support::{
    ADMINISTRATOR, CLERK, MEMBER, OWNER, OWNER_ROLE, ROOT, START, TOY, Tree, World, world,
};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/limited_keys.txt");
const OLD: &str = "Cobalt lantern 73";
const NEW: &str = "Walnut compass 58";

const KINDS: [&str; 8] = [
    "none",
    "read-only",
    "addresses",
    "paths",
    "scopes",
    "place",
    "expiry",
    "dialect",
];

const ACTS: [&str; 37] = [
    "own password, by key alone",
    "own password, with the old",
    "own address",
    "own second factor",
    "own key without limits",
    "own key as limited",
    "own key renewed",
    "own limits lifted",
    "another's password",
    "another's address",
    "another's login",
    "another's must-change",
    "another's second factor",
    "another's key without limits",
    "another's key as limited",
    "another's keys replaced",
    "another's status",
    "acting for another",
    "account without password",
    "account with password",
    "account with a key",
    "ordinary role granted",
    "strong role granted",
    "strong role made",
    "role with a list made",
    "strong group joined",
    "listed group handed out",
    "listed groups chosen",
    "group brings a strong role",
    "manager of a group",
    "oneself a manager",
    "administrator of a place",
    "another moved",
    "another under one's group",
    "organisation moved",
    "link to a password mailed",
    "mail server",
];

fn limits(kind: &str, tree: &Tree) -> NewKey {
    let mut new = NewKey::default();
    match kind {
        "read-only" => new.read_only = true,
        "addresses" => new.addresses = vec!["192.0.2.0/24".parse().unwrap()],
        "paths" => {
            new.constraints = vec![Constraint {
                kind: ConstraintKind::Verb,
                pattern: String::new(),
                methods: vec!["GET".to_owned(), "POST".to_owned()],
            }];
        }
        "scopes" => new.scopes = vec!["users:write".to_owned()],
        "place" => new.organisation = Some(tree.north),
        "expiry" => new.expires_at = Some(START.plus(86_400_000)),
        _ => {}
    }
    new
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_they_make_is_no_freer() {
    let mut text = String::from(
        "What keys with limits make and change. Tried by an owner's key at every door: one without limits, and one of\n\
         each kind. yes: done. key: the key's own limits. more: it would give more than the key. no: no such right here.\n\
         unfit: not how the dialect's roles reach people.\n",
    );
    for door in [Platform::USHER, TOY, SOLO, CLUB] {
        let world = world().await;
        let tree = world.tree().await;
        writeln!(text, "\nat {door}").unwrap();
        write!(text, "  {:<30}", "").unwrap();
        for kind in KINDS {
            write!(text, "{kind:<11}").unwrap();
        }
        end_line(&mut text);
        for act in ACTS {
            write!(text, "  {act:<30}").unwrap();
            for kind in KINDS {
                let verdict = trial(&world, &tree, door, act, kind).await;
                write!(text, "{verdict:<11}").unwrap();
            }
            end_line(&mut text);
        }
        world.end().await;
    }
    if std::env::var_os("USHER_REGENERATE").is_some() {
        std::fs::write(GOLDEN, &text).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    for (number, (now, then)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(now, then, "line {} of {GOLDEN}", number + 1);
    }
    assert_eq!(text, golden);
}

fn end_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}

/// A fresh owner with a limited key tries one act on somebody ordinary.
async fn trial(world: &World, tree: &Tree, door: Platform, act: &str, kind: &str) -> &'static str {
    let system = world.system();
    let unique = world.directory.seams().random_uuid().to_string();
    let new = |who: &str| NewUser {
        email: Some(format!("{who}-{unique}@example.org")),
        home: Some(tree.north),
        password: NewPassword::Chosen(OLD.to_owned()),
        roles: vec![MEMBER, CLERK],
        ..NewUser::default()
    };
    let me = system.create_user(new("owner")).await.unwrap().id;
    let other = system.create_user(new("other")).await.unwrap().id;
    system.grant_role(me, OWNER_ROLE.into()).await.unwrap();
    let free = world.at(door, me).await;
    let limited = limits(kind, tree);
    let fresh = match kind {
        // A key that is minted in another's name opens the one dialect.
        "dialect" => {
            let named = world
                .at(door, OWNER)
                .await
                .in_the_name_of(me)
                .await
                .unwrap();
            let named = world.directory.act(&named);
            named.create_key(me, limited.clone()).await.unwrap()
        }
        _ => free.create_key(me, limited.clone()).await.unwrap(),
    };
    assert_eq!(fresh.key.limits().limited(), kind != "none", "{kind}");
    let caller = world.caller_at(door, &fresh.secret).await.unwrap();
    let handle = world.directory.act(&caller);
    let keys = [fresh.key.id, fresh.key.id];
    let result = tried(
        world,
        &handle,
        act,
        (me, other),
        &limited,
        keys[0],
        (&unique, tree.branch),
    )
    .await;
    if kind != "none" && result.is_ok() {
        no_new_powers(world, act, kind).await;
    }
    if matches!(kind, "none" | "read-only") {
        // Nothing here is done by reading, and an owner may do it all.
        let expected = match kind {
            "none" => !matches!(result, Err(Fault::KeyLimit | Fault::ExceedsOwn)),
            _ => result == Err(Fault::KeyLimit) || (act == "acting for another" && result.is_ok()),
        };
        assert!(expected, "{act} {kind} at {door}: {result:?}");
    }
    match result {
        Ok(()) => "yes",
        Err(Fault::KeyLimit) => "key",
        Err(Fault::ExceedsOwn) => "more",
        Err(Fault::Forbidden(_)) => "no",
        Err(Fault::Invalid { .. } | Fault::UnknownReference(_)) => "unfit",
        Err(other) => panic!("{act} {kind} at {door}: {other:?}"),
    }
}

/// Whoever a limited key makes has nothing that the take-over guard counts.
async fn no_new_powers(world: &World, act: &str, kind: &str) {
    let query = directory::Query {
        predicate: directory::Predicate::Is(
            directory::UserField::Email,
            directory::Test::StartsWith("made-".to_owned()),
        ),
        limit: 1_000,
        ..directory::Query::default()
    };
    let made = world.system().users(&query).await.unwrap().items;
    let made: Vec<UserId> = made.iter().map(|user| user.id).collect();
    let system = world.system();
    for held in system.grants_of(&made).await.unwrap() {
        let role = system.role(held.role).await.unwrap();
        let harmless = role.lines.iter().all(|line| {
            line.reach == Reach::Own || matches!(line.word.as_str(), "solo:write" | "toy:play")
        });
        assert!(harmless, "{act} {kind}: {role:?}");
    }
}

async fn tried(
    world: &World,
    handle: &Handle,
    act: &str,
    (me, other): (UserId, UserId),
    limited: &NewKey,
    key: directory::KeyId,
    (unique, below): (&str, OrganisationId),
) -> Result<(), Fault> {
    let home = world.system().user(other).await.unwrap().home;
    let chosen = || NewPassword::Chosen(NEW.to_owned());
    let change = UserChange::default;
    let new = || NewUser {
        email: Some(format!("made-{unique}@example.org")),
        home: Some(home),
        ..NewUser::default()
    };
    let role = |lines| NewRole {
        name: format!("role {unique}"),
        organisation: Some(home),
        lines,
        ..NewRole::default()
    };
    let platform = handle.caller().platform();
    let (ordinary, strong): (RoleId, RoleId) = match platform {
        TOY => (crate::support::GUEST, crate::support::BOSS),
        SOLO => (CLERK, crate::support::MANAGER),
        _ => (MEMBER, ADMINISTRATOR),
    };
    let grant = |role: RoleId| NewGrant {
        organisation: Some(home),
        ..NewGrant::from(role)
    };
    match act {
        "own password, by key alone" => handle.change_own_password(None, NEW).await,
        "own password, with the old" => handle.change_own_password(Some(OLD), NEW).await,
        "own address" => {
            let change = UserChange {
                email: Some(Some(format!("changed-{unique}@example.org"))),
                ..change()
            };
            handle.update_own_profile(change).await.map(|_| ())
        }
        "own second factor" => handle.begin_second_factor(None).await.map(|_| ()),
        "own key without limits" => {
            let made = handle.create_key(me, NewKey::default()).await;
            made.map(|_| ())
        }
        "own key as limited" => handle.create_key(me, limited.clone()).await.map(|_| ()),
        "own key renewed" => {
            let renewed = handle.renew_own_key(Some(key), "again").await?;
            let (before, after) = (limited.clone(), renewed.key.limits());
            let before = KeyLimits {
                platform: after.platform.clone(),
                ..as_limits(before)
            };
            assert_eq!(before, after);
            Ok(())
        }
        "own limits lifted" => {
            let change = directory::KeyChange {
                expires_at: Some(None),
                read_only: Some(false),
                addresses: Some(vec![]),
                constraints: Some(vec![]),
                scopes: Some(vec![]),
                name: Some("another".to_owned()),
            };
            handle.update_key(key, change).await.map(|_| ())
        }
        "another's password" => handle.set_password(other, chosen()).await,
        "another's address" => {
            let change = UserChange {
                email: Some(Some(format!("changed-{unique}@example.org"))),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another's login" => {
            let change = UserChange {
                login: Some(format!("login-{unique}")),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another's must-change" => {
            let change = UserChange {
                must_change_password: Some(true),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another's second factor" => handle.remove_second_factor(other, None).await.map(|_| ()),
        "another's key without limits" => {
            let made = handle.create_key(other, NewKey::default()).await;
            made.map(|_| ())
        }
        "another's key as limited" => {
            let made = handle.create_key(other, limited.clone()).await;
            made.map(|_| ())
        }
        "another's keys replaced" => {
            let made = handle.replace_keys_of(other).await?;
            let own = handle.caller().limits().clone();
            assert!(made.key.limits().narrower_or_equal(&own));
            Ok(())
        }
        "another's status" => {
            let change = UserChange {
                status: Some(directory::Status::Suspended),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "acting for another" => {
            let named = handle.in_the_name_of(other).await?;
            assert_eq!(named.limits(), handle.caller().limits());
            Ok(())
        }
        "account without password" => handle.create_user(new()).await.map(|_| ()),
        "account with password" => {
            let new = NewUser {
                password: chosen(),
                ..new()
            };
            handle.create_user(new).await.map(|_| ())
        }
        "account with a key" => {
            let (_, made) = handle
                .create_user_with_key(new(), NewKey::default())
                .await?;
            let own = handle.caller().limits().clone();
            assert!(made.key.limits().narrower_or_equal(&own));
            Ok(())
        }
        "ordinary role granted" => handle.grant_role(other, grant(ordinary)).await.map(|_| ()),
        "strong role granted" => handle.grant_role(other, grant(strong)).await.map(|_| ()),
        "strong role made" => {
            let lines = vec![Line::may(Permission::EditUsers, Reach::Subtree)];
            handle.create_role(role(lines)).await.map(|_| ())
        }
        "role with a list made" => {
            let listed = Reach::Listed(vec![other.0]);
            let lines = vec![Line::may(Permission::ResetCredentials, listed)];
            handle.create_role(role(lines)).await.map(|_| ())
        }
        "strong group joined" | "listed group handed out" | "listed groups chosen" => {
            let group = world.group(unique, home).await.id;
            let scope = GroupRoleScope::Organisation(home);
            let brought = match platform {
                CLUB => crate::support::HOST,
                _ => crate::support::HELPDESK,
            };
            let system = world.system();
            system.add_group_role(group, brought, scope).await.unwrap();
            if act == "listed groups chosen" {
                return handle.set_grantable_groups(home, &[group]).await;
            }
            if act == "listed group handed out" {
                system.set_grantable_groups(home, &[group]).await.unwrap();
            }
            handle.add_member(group, other).await.map(|_| ())
        }
        "group brings a strong role" => {
            let group = world.group(unique, home).await.id;
            let scope = GroupRoleScope::Organisation(home);
            let brought = match platform {
                CLUB => crate::support::HOST,
                _ => strong,
            };
            handle
                .add_group_role(group, brought, scope)
                .await
                .map(|_| ())
        }
        "oneself a manager" => {
            let group = world.group(unique, home).await.id;
            handle
                .set_manager(group, Manager::User(me), ManagerLevel::Manage)
                .await
        }
        "administrator of a place" => {
            let flagged = handle.add_membership(other, home, Some(true)).await;
            flagged.map(|_| ())
        }
        "another moved" => {
            let change = UserChange {
                home: Some(below),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another under one's group" => {
            let group = world.group(unique, home).await.id;
            let system = world.system();
            system
                .set_manager(group, Manager::User(me), ManagerLevel::Manage)
                .await
                .unwrap();
            let change = UserChange {
                primary_group: Some(Some(group)),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "organisation moved" => {
            let place = world.organisation(unique, home).await.id;
            let change = directory::OrganisationChange {
                parent: Some(below),
                ..directory::OrganisationChange::default()
            };
            handle.update_organisation(place, change).await.map(|_| ())
        }
        "link to a password mailed" => handle.send_password_reset(other, false).await,
        "manager of a group" => {
            let group = world.group(unique, home).await.id;
            handle
                .set_manager(group, Manager::User(other), ManagerLevel::Read)
                .await
        }
        "mail server" => {
            let mut members = serde_json::Map::new();
            members.insert("server".to_owned(), format!("{unique}.example").into());
            let change = SettingsChange::default().members::<MailSettings>(members);
            handle.change_settings(change).await
        }
        other => panic!("{other}"),
    }
}

fn as_limits(new: NewKey) -> KeyLimits {
    KeyLimits {
        read_only: new.read_only,
        addresses: new.addresses,
        constraints: new.constraints,
        scopes: new.scopes,
        organisation: new.organisation,
        expires_at: new.expires_at,
        platform: None,
    }
}

/// The organisation of the installation is not one that keys are limited to.
#[tokio::test]
async fn a_key_of_the_root_is_limited_too() {
    let world = world().await;
    let system = world.system();
    let new = NewKey {
        organisation: Some(ROOT),
        ..NewKey::default()
    };
    let fresh = system
        .create_key(directory::FIRST_OWNER, new)
        .await
        .unwrap();
    let caller = world.caller(&fresh.secret).await.unwrap();
    let handle = world.directory.act(&caller);
    let refused = handle.change_own_password(None, NEW).await;
    assert_eq!(refused, Err(Fault::KeyLimit));
    world.end().await;
}
