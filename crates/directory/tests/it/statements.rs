//! How many statements the hot requests cost, so that nobody makes them dearer unseen.

use directory::{
    Directory, Extended, GroupChange, Handle, NewExtension, NewGrant, NewPassword, NewRole,
    NewUser, OrganisationChange, Permission, Platform, Query, Ref, User, UserField,
};

use crate::support::{
    ADMINISTRATOR, AUDITOR, OWNER, ROOT, World, both, configuration, postgres_at, postgres_world,
};

both![
    hot_requests_cost_few_statements,
    what_is_made_is_what_is_shown,
    what_is_remembered_is_given_up,
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
                department: Some("Ops".to_owned()),
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
