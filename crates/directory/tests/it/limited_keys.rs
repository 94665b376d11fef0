//! Limited keys of each kind against everything that makes or changes a credential, an account or a
//! role, at every door. What came of it stands in `tests/golden/limited_keys.txt`, for people to read.
//!
//! `USHER_REGENERATE=1 cargo test -p directory limited_keys` writes the file anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use directory::{
    Action, Constraint, ConstraintKind, Fault, GroupRoleScope, Handle, KeyLimits, Line,
    MailSettings, Manager, ManagerLevel, NewGrant, NewKey, NewPassword, NewRole, NewUser,
    OrganisationId, Permission, Platform, Reach, RoleId, SettingsChange, TaskMode, UserChange,
    UserId,
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

const ACTS: [&str; 63] = [
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
    "another's home left",
    "another under one's group",
    "organisation moved",
    "link to a password mailed",
    "mail server",
    "another's suspension lifted",
    "another's lock lifted",
    "another's lock-out lifted",
    "another's end put off",
    "another's end brought forward",
    "another's must-change lifted",
    "another asked for no factor",
    "another asked for a factor",
    "a service made a person",
    "place asks for a factor",
    "place asks for no factor",
    "second factors not required",
    "wrong passwords lock nobody",
    "longer sessions",
    "a vendor's password rule",
    "how long events are kept",
    "several's second factors",
    "several's links mailed",
    "several accounts",
    "each of several accounts",
    "several roles granted",
    "several people joined",
    "several roles of a group",
    "several managers",
    "several roles made",
];

/// Acts on several users at once, and their outcome, which must equal that of the act on one. The acts of a request
/// for many people are the third form.
const SEVERAL: [(&str, &str); 9] = [
    ("several's second factors", "another's second factor"),
    ("several's links mailed", "link to a password mailed"),
    ("several accounts", "account with password"),
    ("each of several accounts", "account with password"),
    ("several roles granted", "strong role granted"),
    ("several people joined", "strong group joined"),
    ("several roles of a group", "group brings a strong role"),
    ("several managers", "manager of a group"),
    ("several roles made", "strong role made"),
];

/// The actions on many people, and the act on one that each is.
fn actions() -> Vec<(Action, &'static str)> {
    let set = |name: &str, value: serde_json::Value| Action::Set {
        change: serde_json::Map::from_iter([(name.to_owned(), value)]),
    };
    vec![
        (Action::Enable, "another's suspension lifted"),
        (Action::Unlock, "another's lock-out lifted"),
        (Action::ResetPassword, "link to a password mailed"),
        (Action::RemoveSecondFactor, "another's second factor"),
        (
            Action::RequireSecondFactor {
                required: Some(false),
            },
            "another asked for no factor",
        ),
        (
            Action::RequireSecondFactor {
                required: Some(true),
            },
            "another asked for a factor",
        ),
        (
            set("status", "active".into()),
            "another's suspension lifted",
        ),
    ]
}

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
        let mut verdicts = BTreeMap::new();
        for act in ACTS {
            write!(text, "  {act:<30}").unwrap();
            for kind in KINDS {
                let verdict = trial(&world, &tree, door, act, kind).await;
                write!(text, "{verdict:<11}").unwrap();
                verdicts.insert((act, kind), verdict);
            }
            end_line(&mut text);
        }
        plural_forms_come_to_the_same(&world, &tree, door, &verdicts).await;
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

/// Every form for several is refused, or done, as the one for one is.
async fn plural_forms_come_to_the_same(
    world: &World,
    tree: &Tree,
    door: Platform,
    verdicts: &BTreeMap<(&str, &str), &str>,
) {
    for (several, one) in SEVERAL {
        for kind in KINDS {
            let (come_to, expected) = (verdicts[&(several, kind)], verdicts[&(one, kind)]);
            assert_eq!(come_to, expected, "{several}, {one}: {kind} at {door}");
        }
    }
    for (action, one) in actions() {
        for kind in ["none", "read-only", "paths", "dialect"] {
            let several = Act::Many(one, action.clone());
            let come_to = trial_of(world, tree, door, several, kind).await;
            let expected = verdicts[&(one, kind)];
            assert_eq!(come_to, expected, "{action:?}, {one}: {kind} at {door}");
        }
    }
}

/// One act, or the action on many people that is its like.
#[derive(Clone)]
enum Act {
    One(&'static str),
    Many(&'static str, Action),
}

/// A fresh owner with a limited key tries one act on somebody ordinary.
async fn trial(
    world: &World,
    tree: &Tree,
    door: Platform,
    act: &'static str,
    kind: &str,
) -> &'static str {
    trial_of(world, tree, door, Act::One(act), kind).await
}

async fn trial_of(
    world: &World,
    tree: &Tree,
    door: Platform,
    which: Act,
    kind: &str,
) -> &'static str {
    let (Act::One(act) | Act::Many(act, _)) = which;
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
            let named = world.at(door, OWNER).await.impersonate(me).await.unwrap();
            let named = world.directory.act(&named);
            named.create_key(me, limited.clone()).await.unwrap()
        }
        _ => free.create_key(me, limited.clone()).await.unwrap(),
    };
    assert_eq!(fresh.key.limits().limited(), kind != "none", "{kind}");
    let caller = world.caller_at(door, &fresh.secret).await.unwrap();
    let handle = world.directory.act(&caller);
    let keys = [fresh.key.id, fresh.key.id];
    prepare(world, act, other).await;
    let result = match which {
        Act::Many(_, ref action) => {
            let action = action.clone();
            let done = handle.act_on_users(vec![other.into()], action, TaskMode::Each, false);
            done.await
                .and_then(|done| match done.items.into_iter().next() {
                    Some(item) => item.fault.map_or(Ok(()), Err),
                    None => panic!("no item"),
                })
        }
        Act::One(_) => {
            tried(
                world,
                &handle,
                act,
                (me, other),
                &limited,
                keys[0],
                (&unique, tree.branch),
            )
            .await
        }
    };
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

/// Makes the person one on whom the act changes something.
async fn prepare(world: &World, act: &str, other: UserId) {
    let change = UserChange::default;
    let before = match act {
        "another's suspension lifted" => UserChange {
            status: Some(directory::Status::Suspended),
            ..change()
        },
        "another's lock lifted" => UserChange {
            locked: Some(true),
            ..change()
        },
        "another's lock-out lifted" => {
            let login = world.system().user(other).await.unwrap().login;
            for _ in 0..3 {
                let wrong = world.sign_in(&login, "Wrong lantern 73").await;
                assert!(wrong.is_err());
            }
            return;
        }
        "another's end put off" | "another's end brought forward" => UserChange {
            lock_after: Some(Some(START.plus(86_400_000))),
            ..change()
        },
        "another's must-change lifted" => UserChange {
            must_change_password: Some(true),
            ..change()
        },
        "another asked for no factor" => UserChange {
            second_factor_required: Some(Some(true)),
            ..change()
        },
        "a service made a person" => UserChange {
            kind: Some(directory::UserKind::Service),
            ..change()
        },
        _ => return,
    };
    world.system().update_user(other, before).await.unwrap();
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
            let named = handle.impersonate(other).await?;
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
        "another's home left" => handle.remove_membership(other, home).await,
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
        "another's suspension lifted" => {
            let change = UserChange {
                status: Some(directory::Status::Active),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another's lock lifted" => {
            let change = UserChange {
                locked: Some(false),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another's lock-out lifted" => handle.unlock(other).await.map(|_| ()),
        "another's end put off" | "another's end brought forward" => {
            let days = if act == "another's end put off" { 2 } else { 1 };
            let end = START.plus(days * 86_400_000 - 1);
            let change = UserChange {
                lock_after: Some(Some(end)),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another's must-change lifted" => {
            let change = UserChange {
                must_change_password: Some(false),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "another asked for no factor" | "another asked for a factor" => {
            let change = UserChange {
                second_factor_required: Some(Some(act == "another asked for a factor")),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "a service made a person" => {
            let change = UserChange {
                kind: Some(directory::UserKind::Person),
                ..change()
            };
            handle.update_user(other, change).await.map(|_| ())
        }
        "place asks for a factor" | "place asks for no factor" => {
            let place = world.organisation(unique, home).await.id;
            let asks = |required: bool| directory::OrganisationChange {
                second_factor_required: Some(required),
                ..directory::OrganisationChange::default()
            };
            let wanted = act == "place asks for a factor";
            let system = world.system();
            let before = asks(!wanted);
            system.update_organisation(place, before).await.unwrap();
            let changed = handle.update_organisation(place, asks(wanted));
            changed.await.map(|_| ())
        }
        "second factors not required" => {
            let required = directory::SecondFactorPolicy { required: true };
            world.system().change_setting(required).await.unwrap();
            let free = directory::SecondFactorPolicy { required: false };
            let changed = handle.change_setting(free.clone()).await;
            world.system().change_setting(free).await.unwrap();
            changed
        }
        "wrong passwords lock nobody" => {
            let changed = handle.change_setting(directory::LockoutPolicy {
                threshold: 1_000,
                ..directory::LockoutPolicy::default()
            });
            let changed = changed.await;
            let as_before = directory::LockoutPolicy::default();
            world.system().change_setting(as_before).await.unwrap();
            changed
        }
        "longer sessions" => {
            let changed = handle.change_setting(directory::Lifetimes {
                session: 86_400,
                ..directory::Lifetimes::default()
            });
            let changed = changed.await;
            let as_before = directory::Lifetimes::default();
            world.system().change_setting(as_before).await.unwrap();
            changed
        }
        "a vendor's password rule" => {
            let rule = handle.password_rule().await?;
            handle.change_password_rule(rule).await
        }
        "how long events are kept" => {
            let seconds = u32::from_str_radix(&unique[..4], 16).unwrap();
            let changed = handle.change_setting(directory::Retention {
                events_days: Some(i64::from(30 + seconds % 3_000)),
            });
            changed.await
        }
        "several's second factors" => {
            let removed = handle.remove_second_factors(vec![other.into()]);
            removed.await.map(|_| ())
        }
        "several's links mailed" => handle.send_password_resets(vec![other.into()], false).await,
        "several accounts" | "each of several accounts" => {
            let new = NewUser {
                password: chosen(),
                ..new()
            };
            if act == "several accounts" {
                return handle.create_users(vec![new]).await.map(|_| ());
            }
            let made = handle.create_each(vec![new], TaskMode::Each).await?;
            made.into_iter().next().unwrap().map(|_| ())
        }
        "several roles granted" => {
            let granted = handle.grant_roles(other, vec![grant(strong)]);
            granted.await.map(|_| ())
        }
        "several people joined" => {
            let group = world.group(unique, home).await.id;
            let scope = GroupRoleScope::Organisation(home);
            let brought = match platform {
                CLUB => crate::support::HOST,
                _ => crate::support::HELPDESK,
            };
            let system = world.system();
            system.add_group_role(group, brought, scope).await.unwrap();
            let joined = handle.add_members(group, vec![other.into()]);
            joined.await.map(|_| ())
        }
        "several roles of a group" => {
            let group = world.group(unique, home).await.id;
            let scope = GroupRoleScope::Organisation(home);
            let brought = match platform {
                CLUB => crate::support::HOST,
                _ => strong,
            };
            let brings = handle.add_group_roles(group, vec![brought], scope);
            brings.await.map(|_| ())
        }
        "several managers" => {
            let group = world.group(unique, home).await.id;
            handle
                .set_managers(group, vec![Manager::User(other)], ManagerLevel::Read)
                .await
        }
        "several roles made" => {
            let lines = vec![Line::may(Permission::EditUsers, Reach::Subtree)];
            handle.create_roles(vec![role(lines)]).await.map(|_| ())
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
