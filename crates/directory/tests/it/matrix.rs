//! The golden matrix: who may do what, to whom, where. Every operation of the access table is tried
//! by every kind of caller against targets in their own organisation, below it, above it and
//! elsewhere; what came of it stands in `tests/golden/access.txt`, for people to read.
//!
//! `USHER_REGENERATE=1 cargo test -p directory matrix` writes the file anew.

use std::fmt::Write as _;

use directory::{
    Branding, CollectionChange, CollectionId, EventField, Extended, Fault, GroupChange, GroupId,
    GroupRef, GroupRoleScope, Handle, KeyChange, KeyId, Kind, Line, Manager, ManagerLevel, Message,
    NewCollection, NewExtension, NewGrant, NewGroup, NewKey, NewOrganisation, NewPassword,
    NewRecord, NewRole, NewUser, Operation, OrganisationChange, OrganisationId, Permission,
    Predicate, ProfileChange, Query, Reach, RecordRef, Ref, RoleChange, RoleId, RoleInUse, Test,
    UserChange, UserField, UserId,
};

use crate::platforms::{CLUB, SOLO};
use crate::support::{
    ADMINISTRATOR, AUDITOR, CLERK, HELPDESK, MANAGER, MEMBER, OWNER_ROLE, ROOT, Tree, World, world,
};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/access.txt");
/// A number that nothing has.
const NOBODY: i64 = 9_999_999;

/// Kinds of caller; each belongs to North.
const CALLERS: [(&str, &str); 11] = [
    ("owner", "owner of the installation"),
    ("administrator", "usher administrator of North"),
    ("helpdesk", "usher helpdesk of North"),
    ("auditor", "usher auditor of North"),
    ("member", "usher member of North"),
    ("manager", "member who manages the group in question"),
    (
        "flagged",
        "member with the administrator flag in North, in the club dialect",
    ),
    (
        "solo-manager",
        "manager by the solo platform's role, in the solo dialect: North, not below",
    ),
    (
        "read-only",
        "usher administrator of North with a read-only key",
    ),
    (
        "root-desk",
        "every permission over the root organisation, and nothing below it",
    ),
    (
        "lister",
        "every permission over the person in question by a list, granted in North",
    ),
];

/// Where the target is, seen from North.
const PLACES: [&str; 4] = ["own", "below", "above", "elsewhere"];

/// What a trial is aimed at.
#[derive(Clone, Copy)]
struct Target {
    place: OrganisationId,
    user: UserId,
    group: GroupId,
    role: RoleId,
    key: KeyId,
    collection: CollectionId,
    record: i64,
}

const MISSING: Target = Target {
    place: OrganisationId(NOBODY),
    user: UserId(NOBODY),
    group: GroupId(NOBODY),
    role: RoleId(NOBODY),
    key: KeyId(NOBODY),
    collection: CollectionId(NOBODY),
    record: NOBODY,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_as_written() {
    let mut text = String::from(
        "Who may do what, where. Every operation, tried by every kind of caller of the organisation North.\n\
         yes: done. no: forbidden, whatever the target. hidden: answered like a missing one.\n\
         more: refused, for it would give or touch more than the caller holds. key: the key's own limits.\n\
         unfit: permitted, but not how the dialect's roles reach people.\n\
         Operations that concern nobody but the caller are left out.\n",
    );
    for (caller, description) in CALLERS {
        writeln!(text, "\n{caller}: {description}").unwrap();
        writeln!(text, "  {:<24}own      below    above    elsewhere", "").unwrap();
        for line in lines(caller).await {
            writeln!(text, "  {}", line.trim_end()).unwrap();
        }
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

async fn lines(caller: &str) -> Vec<String> {
    let world = world().await;
    let tree = world.tree().await;
    let (mut handle, user) = handle_of(&world, &tree, caller).await;
    let places = [tree.north, tree.branch, ROOT, tree.south];
    let mut lines = Vec::new();
    for operation in Operation::ALL {
        let mut line = format!("{:<24}", format!("{operation:?}"));
        let mut concerns_others = true;
        for (place, name) in places.into_iter().zip(PLACES) {
            let target = target(&world, place, *operation).await;
            if caller == "manager" {
                let system = world.system();
                let manager = Manager::User(user);
                let level = ManagerLevel::Manage;
                system
                    .set_manager(target.group, manager, level)
                    .await
                    .unwrap();
            }
            if caller == "lister" {
                let listed = Reach::Listed(vec![target.user.0, user.0]);
                let change = RoleChange {
                    lines: Some(everything(&listed)),
                    ..RoleChange::default()
                };
                let role = Ref::Name("lister".to_owned());
                world.system().update_role(role, change).await.unwrap();
                handle = world.as_user(user).await;
            }
            let Some(result) = trial(&handle, *operation, target).await else {
                concerns_others = false;
                break;
            };
            let verdict = verdict(&result);
            if matches!(verdict, "hidden" | "no") {
                let missing = trial(&handle, *operation, MISSING).await;
                // What one manages, and who is listed, is visible without its place, so it differs from nothing.
                let tells =
                    missing != Some(result.clone()) && !matches!(caller, "manager" | "lister");
                let visible = verdict == "no";
                assert!(
                    !tells || visible,
                    "{caller} {operation:?} {name}: {result:?}, missing: {missing:?}"
                );
            }
            write!(line, "{verdict:<9}").unwrap();
        }
        if concerns_others {
            lines.push(line);
        }
    }
    world.end().await;
    lines
}

fn verdict(result: &Result<bool, Fault>) -> &'static str {
    match result {
        Ok(true) => "yes",
        Ok(false) | Err(Fault::NotFound(_) | Fault::UnknownReference(_)) => "hidden",
        Err(Fault::Forbidden(_)) => "no",
        Err(Fault::ExceedsOwn | Fault::OutranksCaller) => "more",
        Err(Fault::KeyLimit) => "key",
        Err(Fault::Invalid { .. }) => "unfit",
        Err(other) => panic!("{other:?}"),
    }
}

async fn handle_of(world: &World, tree: &Tree, caller: &str) -> (Handle, UserId) {
    let system = world.system();
    let roles: &[RoleId] = match caller {
        "administrator" | "read-only" => &[ADMINISTRATOR],
        "helpdesk" => &[HELPDESK],
        "auditor" => &[AUDITOR],
        "solo-manager" => &[MANAGER],
        _ => &[MEMBER],
    };
    let email = format!("caller-{caller}@example.org");
    let user = world.person(&email, tree.north, roles).await.id;
    match caller {
        "owner" => {
            system.grant_role(user, OWNER_ROLE.into()).await.unwrap();
        }
        "root-desk" => custom(world, user, caller, &Reach::Organisation, ROOT).await,
        "lister" => custom(world, user, caller, &Reach::Own, tree.north).await,
        "flagged" => {
            system
                .add_membership(user, tree.north, Some(true))
                .await
                .unwrap();
            return (world.at(CLUB, user).await, user);
        }
        "solo-manager" => return (world.at(SOLO, user).await, user),
        "read-only" => {
            let key = NewKey {
                read_only: true,
                ..NewKey::default()
            };
            let fresh = system.create_key(user, key).await.unwrap();
            let caller = world.caller(&fresh.secret).await.unwrap();
            return (world.directory.act(&caller), user);
        }
        _ => {}
    }
    (world.as_user(user).await, user)
}

fn everything(reach: &Reach) -> Vec<Line> {
    Permission::ALL
        .iter()
        .map(|permission| Line::may(*permission, reach.clone()))
        .collect()
}

/// Grants a role of every permission at one reach.
async fn custom(
    world: &World,
    user: UserId,
    name: &str,
    reach: &Reach,
    organisation: OrganisationId,
) {
    let new = NewRole {
        name: name.to_owned(),
        lines: everything(reach),
        ..NewRole::default()
    };
    let role = world.system().create_role(new).await.unwrap();
    let grant = NewGrant {
        organisation: Some(organisation),
        ..NewGrant::from(role.id)
    };
    world.system().grant_role(user, grant).await.unwrap();
}

/// Fresh things in a place; each trial may destroy its own.
async fn target(world: &World, place: OrganisationId, operation: Operation) -> Target {
    let system = world.system();
    let mut target = Target { place, ..MISSING };
    let unique = world.directory.seams().random_uuid().to_string();
    let new = NewUser {
        email: Some(format!("{unique}@example.org")),
        home: Some(place),
        roles: vec![MEMBER, CLERK],
        ..NewUser::default()
    };
    let user = system.create_user(new).await.unwrap();
    target.user = user.id;
    target.group = world.group(&unique, place).await.id;
    if operation == Operation::DeleteOrganisation {
        target.place = world.organisation(&unique, place).await.id;
    }
    if operation == Operation::RemoveMember {
        system.add_member(target.group, user.id).await.unwrap();
    }
    let custom = NewRole {
        organisation: Some(place),
        ..role(&unique)
    };
    target.role = system.create_role(custom).await.unwrap().id;
    let fresh = system.create_key(user.id, NewKey::default()).await.unwrap();
    target.key = fresh.key.id;
    if operation == Operation::ListSessions {
        let caller = world.caller(&fresh.secret).await.unwrap();
        let minted = world.directory.mint_token(&caller, None, None).await;
        minted.unwrap();
    }
    let collection = NewCollection {
        name: unique.clone(),
        organisation: Some(place),
        ..NewCollection::default()
    };
    target.collection = system.create_collection(collection).await.unwrap().id;
    target.record = 0;
    target
}

fn role(name: &str) -> NewRole {
    NewRole {
        name: name.to_owned(),
        lines: vec![Line::may(Permission::ReadUsers, Reach::Subtree)],
        ..NewRole::default()
    }
}

fn only<F>(field: F, id: i64) -> Query<F> {
    Query {
        predicate: Predicate::Is(field, Test::Equals(id.into())),
        ..Query::default()
    }
}

/// Tries an operation; `Ok(false)` when the target is not among what was listed, `None` when the
/// operation concerns nobody but the caller.
async fn trial(
    handle: &Handle,
    operation: Operation,
    target: Target,
) -> Option<Result<bool, Fault>> {
    use Operation as O;
    let Target {
        place,
        user,
        group,
        role: custom,
        key,
        collection,
        ..
    } = target;
    let at_place = GroupRoleScope::Organisation(place);
    let grant = |role: RoleId| NewGrant {
        organisation: Some(place),
        ..NewGrant::from(role)
    };
    let ordinary = match handle.caller().platform() {
        SOLO => CLERK,
        _ => MEMBER,
    };
    // The name of what is made is the target's, so it is free.
    let name = format!("made {operation:?} {} {}", user.0, group.0);
    let found = |result: Result<usize, Fault>| result.map(|count| count > 0);
    Some(match operation {
        O::ListUsers => {
            let page = handle.users(&only(UserField::Id, user.0)).await;
            found(page.map(|page| page.items.len()))
        }
        O::ShowUser => handle.user(user).await.map(|_| true),
        O::ActForUser => handle.impersonate(user).await.map(|_| true),
        O::CreateUser => {
            let new = NewUser {
                email: Some(format!("{}-{}@example.org", user.0, group.0)),
                home: Some(place),
                ..NewUser::default()
            };
            handle.create_user(new).await.map(|_| true)
        }
        O::UpdateUser => {
            let change = UserChange {
                profile: ProfileChange {
                    title: Some(Some("Sailor".to_owned())),
                    ..ProfileChange::default()
                },
                ..UserChange::default()
            };
            handle.update_user(user, change).await.map(|_| true)
        }
        O::DeleteUser => handle.delete_user(user).await.map(|_| true),
        O::ListOrganisations => {
            let field = directory::OrganisationField::Id;
            let page = handle.organisations(&only(field, place.0)).await;
            found(page.map(|page| page.items.len()))
        }
        O::ShowOrganisation => handle.organisation(place).await.map(|_| true),
        O::CreateOrganisation => {
            let new = NewOrganisation {
                name,
                parent: Some(place),
                ..NewOrganisation::default()
            };
            handle.create_organisation(new).await.map(|_| true)
        }
        O::UpdateOrganisation => {
            let change = OrganisationChange::default();
            handle
                .update_organisation(place, change)
                .await
                .map(|_| true)
        }
        O::DeleteOrganisation => handle.delete_organisation(place).await.map(|_| true),
        O::AddMembership => handle.add_membership(user, place, None).await.map(|_| true),
        O::RemoveMembership => match handle.remove_membership(user, place).await {
            // Nobody leaves the root; that is decided after the caller's right to it.
            Err(Fault::Protected(Kind::Membership)) if place == ROOT => Ok(true),
            other => other.map(|()| true),
        },
        O::ListGroups => {
            let field = directory::GroupField::Id;
            let page = handle.groups(&only(field, group.0)).await;
            found(page.map(|page| page.items.len()))
        }
        O::ShowGroup => handle.group(group).await.map(|_| true),
        O::CreateGroup => {
            let new = NewGroup {
                name,
                organisation: Some(place),
                ..NewGroup::default()
            };
            handle.create_group(new).await.map(|_| true)
        }
        O::UpdateGroup => {
            let change = GroupChange {
                description: Some(Some("Sailors".to_owned())),
                ..GroupChange::default()
            };
            handle.update_group(group, change).await.map(|_| true)
        }
        O::DeleteGroup => handle.delete_group(group).await.map(|_| true),
        O::AddMember => handle.add_member(group, user).await.map(|_| true),
        O::RemoveMember => handle.remove_member(group, user).await.map(|_| true),
        O::ShowManagers => match handle.managers(&[group]).await {
            Ok(_) => handle.group(group).await.map(|_| true),
            Err(fault) => Err(fault),
        },
        O::ChangeManagers => {
            let manager = Manager::Group(group);
            handle
                .set_manager(group, manager, ManagerLevel::Read)
                .await
                .map(|()| true)
        }
        O::ChangeGrantableGroups => handle
            .set_grantable_groups(place, &[group])
            .await
            .map(|()| true),
        O::ListCollections => handle
            .collections()
            .await
            .map(|all| all.iter().any(|one| one.id == collection)),
        O::ManageCollections => handle
            .update_collection(collection, CollectionChange::default())
            .await
            .map(|_| true),
        O::ListRoles => {
            let field = directory::RoleField::Id;
            let page = handle.roles(&only(field, custom.0)).await;
            found(page.map(|page| page.items.len()))
        }
        O::ShowRole => handle.role(custom).await.map(|_| true),
        O::CreateRole => {
            let new = NewRole {
                organisation: Some(place),
                ..role(&name)
            };
            handle.create_role(new).await.map(|_| true)
        }
        O::UpdateRole => {
            let change = RoleChange {
                description: Some("Sailors".to_owned()),
                ..RoleChange::default()
            };
            handle.update_role(custom, change).await.map(|_| true)
        }
        O::DeleteRole => handle
            .delete_role(custom, RoleInUse::TakeAway)
            .await
            .map(|_| true),
        O::ChangeDefaultRoles => handle
            .set_default_roles(handle.caller().platform(), &[ordinary])
            .await
            .map(|()| true),
        O::ListGrants => found(handle.grants_of(&[user]).await.map(|held| held.len())),
        O::GrantRole => handle.grant_role(user, grant(ordinary)).await.map(|_| true),
        O::RevokeRole => handle
            .revoke_role(user, ordinary, Some(place))
            .await
            .map(|()| true),
        O::ChangeGroupRoles => handle
            .add_group_role(GroupRef::Id(group), ordinary, at_place)
            .await
            .map(|_| true),
        O::SetPassword => {
            let new = NewPassword::Chosen("a quiet harbour at night".to_owned());
            handle.set_password(user, new).await.map(|_| true)
        }
        O::SendPasswordReset => handle.send_password_reset(user, false).await.map(|()| true),
        O::SendAccessMail => handle.send_access_mail(user).await.map(|()| true),
        O::Unlock => handle.unlock(user).await.map(|_| true),
        O::RemoveSecondFactor => handle.remove_second_factor(user, None).await.map(|_| true),
        O::ListKeys => handle.key(key).await.map(|_| true),
        O::CreateKey => handle
            .create_key(user, NewKey::default())
            .await
            .map(|_| true),
        O::UpdateKey => handle
            .update_key(key, KeyChange::default())
            .await
            .map(|_| true),
        O::RevokeKey => handle.revoke_key(key).await.map(|_| true),
        O::ListSessions => found(handle.sessions(&[user]).await.map(|all| all.len())),
        O::RevokeSessions => handle.revoke_sessions_of(user, None).await.map(|_| true),
        O::ReadExtension => {
            let written = handle.extensions(Extended::User, &[user.0]).await;
            match written {
                Ok(_) => handle.user(user).await.map(|_| true),
                Err(fault) => Err(fault),
            }
        }
        O::WriteSharedRecord => {
            let new = NewRecord {
                kind: "theme".to_owned(),
                organisation: Some(place),
                content: NewExtension::default(),
                ..NewRecord::default()
            };
            handle.create_record(new).await.map(|_| true)
        }
        O::ReadSettings => handle.setting::<Branding>().await.map(|_| true),
        O::ChangeSettings => handle
            .change_setting(Branding::default())
            .await
            .map(|()| true),
        O::ReadEvents => {
            let about = only(EventField::EntityId, group.0);
            let query = Query {
                predicate: about.predicate.and(Predicate::Is(
                    EventField::Verb,
                    Test::Equals("group.created".into()),
                )),
                ..about
            };
            found(handle.events(&query).await.map(|page| page.items.len()))
        }
        O::SendMail => {
            let message = Message {
                subject: "Hello".to_owned(),
                body: "Ahoy".to_owned(),
                html: false,
                sender: None,
            };
            handle
                .send_message(&[Ref::Id(user)], message)
                .await
                .map(|_| true)
        }
        O::ListMail => handle.mails(None, 1).await.map(|_| true),
        O::ReadRecords => {
            let which = RecordRef::Number(target.record);
            let shown = handle.record("theme", which, None).await;
            assert!(matches!(shown, Err(Fault::NotFound(Kind::Record))));
            return None;
        }
        O::UpdateOwnProfile
        | O::SignIn
        | O::RequestPasswordReset
        | O::RedeemToken
        | O::ChangeOwnPassword
        | O::ProveAgain
        | O::EnrolSecondFactor
        | O::SignOut
        | O::WriteOwnRecord
        | O::KeepAnswer
        | O::CreateFormToken
        | O::ListJobs
        | O::CreateJob
        | O::UpdateJob
        | O::EnsureOne
        | O::BeginTask
        | O::RunTask
        | O::ReadTasks => return None,
    })
}
