//! How many statements the hot requests cost, so that nobody makes them dearer unseen.

use directory::{
    Directory, Extended, Fault, GroupChange, GroupId, GroupRoleScope, Handle, Kind, Line, Manager,
    ManagerLevel, Message, NewCollection, NewExtension, NewGrant, NewPassword, NewRole, NewUser,
    OrganisationChange, OrganisationId, Permission, Platform, Profile, Query, Reach, Ref, RoleId,
    User, UserChange, UserField, UserRef, limits,
};

use crate::support::{
    ADMINISTRATOR, AUDITOR, OWNER, ROOT, World, both, configuration, postgres_at, postgres_world,
};

both![
    hot_requests_cost_few_statements,
    what_is_made_is_what_is_shown,
    what_is_changed_is_what_is_shown,
    what_is_remembered_is_given_up,
    references_are_looked_up_together,
];

fn anybody(number: u32) -> NewUser {
    NewUser {
        email: Some(format!("person{number}@example.org")),
        ..NewUser::default()
    }
}

/// Statements from one point to the next.
struct Meter<'w> {
    world: &'w World,
    at: u64,
}

impl Meter<'_> {
    fn read(&mut self) -> u64 {
        let now = self.world.directory.statements();
        now - std::mem::replace(&mut self.at, now)
    }
}

async fn hot_requests_cost_few_statements(world: &World) {
    let sqlite = world.schema.is_none();
    let secret = world.key_of(OWNER).await;
    let ada = world.person("ada@example.org", ROOT, &[]).await;
    let part = world.organisation("Part", ROOT).await;
    let small = world.person("small@example.org", part.id, &[]).await;
    let grant = NewGrant {
        role: ADMINISTRATOR,
        organisation: Some(part.id),
        expires_at: None,
    };
    world.system().grant_role(small.id, grant).await.unwrap();
    let small = world.key_of(small.id).await;
    let list = Query {
        sort: Some(UserField::Name),
        ..Query::default()
    };
    let mut meter = Meter { world, at: 0 };
    let mut costs = Vec::new();
    for warm in [false, true] {
        meter.read();
        let owner = world.caller(&secret).await.unwrap();
        costs.push(("authenticate", warm, meter.read()));
        let handle = world.directory.act(&owner);
        handle.user(Ref::Uuid(ada.uuid)).await.unwrap();
        costs.push(("one user", warm, meter.read()));
        handle.users(&list).await.unwrap();
        costs.push(("page", warm, meter.read()));
        handle.create_user(anybody(u32::from(warm))).await.unwrap();
        costs.push(("create", warm, meter.read()));
        let several = (0..10).map(|number| anybody(10 + u32::from(warm) * 10 + number));
        handle.create_users(several.collect()).await.unwrap();
        costs.push(("ten creates", warm, meter.read()));
        let caller = world.caller(&small).await.unwrap();
        meter.read();
        let handle = world.directory.act(&caller);
        handle.users(&list).await.unwrap();
        costs.push(("page of a part", warm, meter.read()));
    }
    // A create on SQLite: the row, its place in the search, the name, the membership, the count of people, the role, the
    // event. PostgreSQL looks the caller and the door up as well.
    let (authenticate, create, ten) = if sqlite { (0, 7, 70) } else { (1, 9, 81) };
    let expected = [
        ("authenticate", true, authenticate),
        ("one user", true, 1),
        ("page", true, 1),
        ("create", true, create),
        ("ten creates", true, ten),
        ("page of a part", true, 3),
    ];
    assert_eq!(costs[6..], expected);
    // Whoever is not remembered costs what they hold, and a door is looked up once.
    let expected = [
        ("authenticate", false, 3),
        ("one user", false, 1),
        ("page", false, 1),
        ("create", false, if sqlite { 8 } else { 9 }),
        ("ten creates", false, ten),
        ("page of a part", false, 3),
    ];
    assert_eq!(costs[..6], expected);
}

/// However many groups, roles, organisations or people a request names, they are looked up together: each
/// more costs what writes it down and no more, and what is refused or there already costs nothing.
async fn references_are_looked_up_together(world: &World) {
    const MANY: usize = 500;
    let tree = world.tree().await;
    let system = world.system();
    let mut groups = Vec::new();
    let mut roles = Vec::new();
    let mut places = Vec::new();
    for number in 0..MANY {
        groups.push(world.group(&format!("Group {number}"), tree.north).await.id);
        let new = NewRole {
            name: format!("Role {number}"),
            lines: vec![Line::may(Permission::ReadUsers, Reach::Subtree)],
            ..NewRole::default()
        };
        roles.push(system.create_role(new).await.unwrap().id);
        if number < 100 {
            let name = format!("Place {number}");
            places.push(world.organisation(&name, tree.north).await.id);
        }
    }
    let people = (0..MANY).map(|number| NewUser {
        home: Some(tree.north),
        ..anybody(u32::try_from(number).unwrap() + 1_000)
    });
    let people = system.create_users(people.collect()).await.unwrap();
    let users: Vec<UserRef> = people.iter().map(|user| Ref::Uuid(user.uuid)).collect();
    let managers: Vec<_> = people.iter().map(|user| Manager::User(user.id)).collect();
    let strange: Vec<GroupId> = (900_000..900_000 + 500).map(GroupId).collect();
    let secret = world.key_of(tree.nora).await;
    let mut meter = Meter { world, at: 0 };
    let mut told = Vec::new();
    for (name, more, most) in [
        ("a user in groups", 2, MANY),
        ("a user in strange groups", 0, MANY),
        ("a user with roles", 2, MANY),
        ("a user of organisations", 2, 100),
        ("groups of a user", 1, MANY),
        ("groups of a user again", 0, MANY),
        ("roles of a user", 2, MANY),
        ("no roles of a user", 3, MANY),
        // Each member's own version is raised beside.
        ("members", 3, MANY),
        ("members again", 0, MANY),
        ("members gone", 5, MANY),
        ("managers", 2, MANY),
        ("roles of a group", 2, MANY),
        ("roles of a group again", 1, MANY),
        ("groups handed out", 1, MANY),
        ("a collection", 1, 100),
        ("a message", 2, MANY),
    ] {
        let mut costs = [0, 0];
        for (cost, many) in costs.iter_mut().zip([1, most]) {
            let unique = u32::try_from(many).unwrap() * 1_000 + u32::try_from(told.len()).unwrap();
            let person = NewUser {
                home: Some(tree.north),
                ..anybody(100_000 + unique)
            };
            let target = system.create_user(person).await.unwrap().id;
            let group = world.group(&format!("{name} {many}"), tree.north).await.id;
            let new =
                |groups: &[GroupId], roles: &[RoleId], organisations: &[OrganisationId]| NewUser {
                    home: Some(tree.north),
                    groups: groups.to_vec(),
                    roles: roles.to_vec(),
                    organisations: organisations.to_vec(),
                    ..anybody(200_000 + unique)
                };
            let wanted = |groups: &[GroupId]| UserChange {
                groups: Some(groups.to_vec()),
                ..UserChange::default()
            };
            let grants: Vec<NewGrant> = roles[..many.min(MANY)]
                .iter()
                .map(|role| NewGrant {
                    organisation: Some(tree.north),
                    ..NewGrant::from(*role)
                })
                .collect();
            let gone = grants.iter().map(|grant| (grant.role, grant.organisation));
            let scope = GroupRoleScope::Organisation(tree.north);
            // What is to be there already.
            match name {
                "groups of a user again" => {
                    let change = wanted(&groups[..many]);
                    system.update_user(target, change).await.map(drop).unwrap();
                }
                "no roles of a user" => {
                    system
                        .grant_roles(target, grants.clone())
                        .await
                        .map(drop)
                        .unwrap();
                }
                "members again" | "members gone" => {
                    let added = system.add_members(group, users[..many].to_vec());
                    added.await.map(drop).unwrap();
                }
                "roles of a group again" => {
                    let added = system.add_group_roles(group, roles[..many].to_vec(), scope);
                    added.await.map(drop).unwrap();
                }
                _ => {}
            }
            let caller = world.caller(&secret).await.unwrap();
            let nora = world.directory.act(&caller);
            meter.read();
            let result = match name {
                "a user in groups" => nora
                    .create_user(new(&groups[..many], &[], &[]))
                    .await
                    .map(drop),
                "a user in strange groups" => {
                    let refused = nora.create_user(new(&strange[..many], &[], &[])).await;
                    assert_eq!(refused.map(drop), Err(Fault::UnknownReference(Kind::Group)));
                    Ok(())
                }
                "a user with roles" => nora
                    .create_user(new(&[], &roles[..many], &[]))
                    .await
                    .map(drop),
                "a user of organisations" => nora
                    .create_user(new(&[], &[], &places[..many]))
                    .await
                    .map(drop),
                "groups of a user" | "groups of a user again" => nora
                    .update_user(target, wanted(&groups[..many]))
                    .await
                    .map(drop),
                "roles of a user" => nora.grant_roles(target, grants.clone()).await.map(drop),
                "no roles of a user" => nora.revoke_roles(target, gone.collect()).await,
                "members" | "members again" => nora
                    .add_members(group, users[..many].to_vec())
                    .await
                    .map(drop),
                "members gone" => nora
                    .remove_members(group, users[..many].to_vec())
                    .await
                    .map(drop),
                "managers" => {
                    let managers = managers[..many].to_vec();
                    nora.set_managers(group, managers, ManagerLevel::Read).await
                }
                "roles of a group" | "roles of a group again" => {
                    let roles = roles[..many].to_vec();
                    nora.add_group_roles(group, roles, scope).await.map(drop)
                }
                "groups handed out" => {
                    nora.set_grantable_groups(tree.branch, &groups[..many])
                        .await
                }
                "a collection" => {
                    let new = NewCollection {
                        name: format!("Set {many}"),
                        organisation: Some(tree.north),
                        organisations: places[..many].to_vec(),
                        ..NewCollection::default()
                    };
                    nora.create_collection(new).await.map(drop)
                }
                _ => {
                    let message = Message {
                        subject: "Hello".to_owned(),
                        body: "Hello".to_owned(),
                        ..Message::default()
                    };
                    nora.send_message(&users[..many], message).await.map(drop)
                }
            };
            result.unwrap_or_else(|fault| panic!("{name} {many}: {fault:?}"));
            *cost = meter.read();
        }
        // Long lists are looked up in pieces.
        let bound = costs[0] + more * (most as u64 - 1) + 20;
        if costs[1] > bound {
            told.push(format!("{name}: {costs:?}, allowed {bound}"));
        } else {
            told.push(String::new());
        }
    }
    told.retain(|line| !line.is_empty());
    assert!(told.is_empty(), "{told:#?}");
    let more = vec![groups[0]; limits::REFERENCES + 1];
    let refused = system.set_grantable_groups(tree.branch, &more).await;
    assert!(matches!(refused, Err(Fault::Invalid { .. })), "{refused:?}");
    let several = (0..=limits::PASSWORDS).map(|number| NewUser {
        password: NewPassword::Chosen("tangerine umbrella 42".to_owned()),
        ..anybody(u32::try_from(number).unwrap() + 300_000)
    });
    let owner = world.as_user(OWNER).await;
    let refused = owner.create_users(several.collect()).await;
    assert!(
        matches!(
            refused,
            Err(Fault::Invalid {
                field: "password",
                ..
            })
        ),
        "{refused:?}"
    );
}

/// A create answers without reading the row again.
async fn what_is_made_is_what_is_shown(world: &World) {
    let handle = world.system();
    let group = world.group("Readers", ROOT).await;
    let table: [(&str, NewUser); 5] = [
        ("plain", anybody(1)),
        ("password", {
            NewUser {
                password: NewPassword::Chosen("tangerine umbrella 42".to_owned()),
                ..anybody(2)
            }
        }),
        ("password to change", {
            NewUser {
                password: NewPassword::MustChange("tangerine umbrella 42".to_owned()),
                ..anybody(3)
            }
        }),
        ("locked, in groups", {
            NewUser {
                locked: true,
                lock_after: Some(directory::Time(9_000_000_000_000)),
                primary_group: Some(group.id),
                groups: vec![group.id],
                profile: Profile {
                    department: Some("Ops".to_owned()),
                    ..Profile::default()
                },
                second_factor_required: Some(true),
                ..anybody(4)
            }
        }),
        ("mailed", {
            let mut new = anybody(5);
            new.door.mail = Some("welcome".to_owned());
            new
        }),
    ];
    for (case, new) in table {
        let made: User = handle.create_user(new).await.unwrap();
        let shown = handle.user(made.id).await.unwrap();
        assert_eq!(made, shown, "{case}");
    }
}

/// The answer of a change is the row that was written, and equals what is read afterwards, for each kind of change.
async fn what_is_changed_is_what_is_shown(world: &World) {
    let handle = world.system();
    let group = world.group("Writers", ROOT).await;
    let part = world.organisation("Branch", ROOT).await;
    let plain = UserChange::default;
    let table: [(&str, UserChange); 16] = [
        ("nothing", plain()),
        (
            "names",
            UserChange {
                display: Some(Some("Ada Augusta King".to_owned())),
                given: Some(Some("Ada".to_owned())),
                family: Some(Some("King".to_owned())),
                ..plain()
            },
        ),
        (
            "name taken away",
            UserChange {
                display: Some(None),
                ..plain()
            },
        ),
        (
            "address",
            UserChange {
                email: Some(Some("Moved@example.org".to_owned())),
                ..plain()
            },
        ),
        (
            "address asked for",
            UserChange {
                request_email: Some("asked@example.org".to_owned()),
                ..plain()
            },
        ),
        (
            "login",
            UserChange {
                login: Some("moved-login".to_owned()),
                ..plain()
            },
        ),
        (
            "lock and end",
            UserChange {
                locked: Some(true),
                lock_after: Some(Some(directory::Time(9_000_000_000_000))),
                ..plain()
            },
        ),
        (
            "unlocked",
            UserChange {
                locked: Some(false),
                ..plain()
            },
        ),
        (
            "status",
            UserChange {
                status: Some(directory::Status::Suspended),
                ..plain()
            },
        ),
        (
            "active again",
            UserChange {
                status: Some(directory::Status::Active),
                ..plain()
            },
        ),
        (
            "home",
            UserChange {
                home: Some(part.id),
                ..plain()
            },
        ),
        (
            "groups",
            UserChange {
                groups: Some(vec![group.id]),
                ..plain()
            },
        ),
        (
            "primary group",
            UserChange {
                primary_group: Some(Some(group.id)),
                ..plain()
            },
        ),
        (
            "second factor",
            UserChange {
                second_factor_required: Some(Some(true)),
                ..plain()
            },
        ),
        (
            "password",
            UserChange {
                password: Some(NewPassword::MustChange("tangerine umbrella 42".to_owned())),
                ..plain()
            },
        ),
        (
            "service account",
            UserChange {
                kind: Some(directory::UserKind::Service),
                ..plain()
            },
        ),
    ];
    let ada = handle.create_user(anybody(6)).await.unwrap();
    for (case, change) in table {
        let changed = handle.update_user(ada.id, change).await.unwrap();
        let shown = handle.user(ada.id).await.unwrap();
        assert_eq!(changed, shown, "{case}");
    }
}

/// A number, as what is worked out from roles would be.
struct Worked(usize);

/// What dialects work out from roles is worked out anew after any change that may concern it, and for whoever does not see
/// everything.
async fn what_is_remembered_is_given_up(world: &World) {
    let owner = world.as_user(OWNER).await;
    let part = world.organisation("Part", ROOT).await;
    let group = world.group("Readers", ROOT).await;
    let auditor = world.person("aud@example.org", part.id, &[AUDITOR]).await;
    let auditor = world.as_user(auditor.id).await;
    let mut turn = 0;
    let mut renewed = async |handle: &Handle| {
        turn += 1;
        let work = async { Ok(Worked(turn)) };
        let found = handle.remembered(Permission::ReadRoles, work);
        found.await.unwrap().0 == turn
    };
    assert!(renewed(&owner).await);
    assert!(!renewed(&owner).await);
    assert!(renewed(&auditor).await && renewed(&auditor).await);
    for change in ["role", "document", "group", "organisation", "user"] {
        match change {
            "role" => drop(
                owner
                    .create_role(NewRole {
                        name: "Reader".to_owned(),
                        ..NewRole::default()
                    })
                    .await
                    .unwrap(),
            ),
            "document" => owner
                .put_extension(Extended::Role, AUDITOR.0, NewExtension::default())
                .await
                .unwrap(),
            "group" => drop(
                owner
                    .update_group(
                        group.id,
                        GroupChange {
                            name: Some("Writers".to_owned()),
                            ..GroupChange::default()
                        },
                    )
                    .await
                    .unwrap(),
            ),
            "organisation" => drop(
                owner
                    .update_organisation(
                        part.id,
                        OrganisationChange {
                            name: Some("Whole".to_owned()),
                            ..OrganisationChange::default()
                        },
                    )
                    .await
                    .unwrap(),
            ),
            _ => drop(owner.create_user(anybody(1)).await.unwrap()),
        }
        // Making a user changes nothing that anything remembered rests on.
        assert_eq!(renewed(&owner).await, change != "user", "{change}");
        assert!(!renewed(&owner).await, "{change}");
    }
}

/// What one node remembers is given up by the first request after another node has changed it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_other_nodes_change_is_noticed() {
    let world = postgres_world().await;
    let schema = world.schema.clone().unwrap();
    let elsewhere = configuration(postgres_at(&schema), world.clock.clone());
    let elsewhere = Directory::open(elsewhere).await.unwrap();
    let elsewhere = elsewhere.act(&elsewhere.system(Platform::USHER));
    let secret = world.key_of(OWNER).await;
    let group = world.group("Readers", ROOT).await;
    let mut turn = 0;
    let mut renewed = async || {
        turn += 1;
        let owner = world.caller(&secret).await.unwrap();
        let work = async { Ok(Worked(turn)) };
        let handle = world.directory.act(&owner);
        let found = handle.remembered(Permission::ReadRoles, work);
        found.await.unwrap().0 == turn
    };
    assert!(renewed().await);
    for change in ["document", "group", "organisation"] {
        assert!(!renewed().await, "{change}");
        match change {
            "document" => elsewhere
                .put_extension(Extended::Role, AUDITOR.0, NewExtension::default())
                .await
                .unwrap(),
            "group" => drop(
                elsewhere
                    .update_group(
                        group.id,
                        GroupChange {
                            name: Some("Writers".to_owned()),
                            ..GroupChange::default()
                        },
                    )
                    .await
                    .unwrap(),
            ),
            _ => drop(
                elsewhere
                    .update_organisation(
                        ROOT,
                        OrganisationChange {
                            name: Some("Whole".to_owned()),
                            ..OrganisationChange::default()
                        },
                    )
                    .await
                    .unwrap(),
            ),
        }
        assert!(renewed().await, "{change}");
    }
    world.end().await;
}
