//! The rows related to people, loaded together, equal those of the questions for one person, for every caller.

use std::collections::BTreeSet;

use directory::{
    Extended, GroupRoleScope, Handle, NewExtension, Permission, Platform, Ref, UserId, Wanted,
    WithDocument,
};
use serde_json::json;

use crate::support::{ADMINISTRATOR, AUDITOR, OWNER, ROOT, World, both};

both!(
    ties_are_what_single_questions_tell,
    nothing_unwanted_is_told
);

const ALL: Wanted = Wanted {
    documents: true,
    groups: true,
    roles: true,
    organisations: true,
    held: true,
    labels: true,
    homes: true,
    builtin_group: None,
    primary_documents: true,
    reached_by: Some(Permission::EditUsers),
};

/// People of three organisations, in groups that bring roles, with documents on everything.
async fn settle(world: &World) -> Vec<UserId> {
    let handle = world.system();
    let north = world.organisation("North", ROOT).await;
    let south = world.organisation("South", ROOT).await;
    let teams = [
        world.group("Everywhere", ROOT).await,
        world.group("Northern", north.id).await,
        world.group("Southern", south.id).await,
    ];
    let mut people = Vec::new();
    for (name, home, also, groups) in [
        ("ada", north.id, Some(south.id), &teams[..2]),
        ("bob", south.id, None, &teams[2..]),
        ("cyd", ROOT, Some(north.id), &teams[..1]),
        ("dan", north.id, None, &[][..]),
    ] {
        let email = format!("{name}@example.org");
        let person = world.bare_person(&email, home).await;
        if let Some(also) = also {
            let member = handle.add_membership(person.id, also, Some(name == "cyd"));
            member.await.unwrap();
        }
        for group in groups {
            handle.add_member(group.id, person.id).await.unwrap();
        }
        people.push(person.id);
    }
    for (group, role) in [(0, AUDITOR), (1, AUDITOR), (1, ADMINISTRATOR), (2, AUDITOR)] {
        let scope = GroupRoleScope::Organisation(teams[group].organisation);
        let brings = handle.add_group_role(teams[group].id, role, scope);
        brings.await.unwrap();
    }
    for (kind, id) in [
        (Extended::User, people[0].0),
        (Extended::User, people[1].0),
        (Extended::Group, teams[0].id.0),
        (Extended::Group, teams[1].id.0),
        (Extended::Organisation, north.id.0),
    ] {
        let new = NewExtension {
            document: json!({ "of": kind.word(), "id": id }),
            ..NewExtension::default()
        };
        handle.put_extension(kind, id, new).await.unwrap();
    }
    people
}

async fn documents<T: Clone>(
    handle: &Handle,
    kind: Extended,
    rows: &[(i64, T)],
) -> Vec<(i64, Option<serde_json::Value>)> {
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let documents = handle.extensions(kind, &ids).await.unwrap();
    ids.iter()
        .map(|id| (*id, documents.get(id).cloned()))
        .collect()
}

fn told<T>(
    rows: &[WithDocument<T>],
    id: impl Fn(&T) -> i64,
) -> Vec<(i64, Option<serde_json::Value>)> {
    rows.iter()
        .map(|told| (id(&told.row), told.document.clone()))
        .collect()
}

async fn ties_are_what_single_questions_tell(world: &World) {
    let people = settle(world).await;
    let system = world.system();
    let root = system.organisation(ROOT).await.unwrap();
    let north = system.organisation(Ref::Name("North".to_owned())).await;
    let head = world
        .person("head@example.org", north.unwrap().id, &[ADMINISTRATOR])
        .await;
    let nobody = world.bare_person("nobody@example.org", root.id).await;
    let mut told_something = 0;
    for caller in [OWNER, head.id, nobody.id, people[0], people[2]] {
        for platform in [Platform::USHER, crate::platforms::CLUB] {
            let handle = world.at(platform, caller).await;
            let mut asked = people.clone();
            asked.extend([caller, UserId(999)]);
            let related = handle.related(&asked, ALL).await.unwrap();

            let members: BTreeSet<_> = handle
                .groups_of(&asked)
                .await
                .unwrap()
                .into_iter()
                .collect();
            assert_eq!(
                related.members.iter().copied().collect::<BTreeSet<_>>(),
                members
            );
            let ids: BTreeSet<_> = members.iter().map(|(_, group)| *group).collect();
            let ids: Vec<_> = ids.into_iter().collect();
            let groups = handle.groups_by_id(&ids).await.unwrap();
            let rows: Vec<_> = related.groups.iter().map(|told| told.row.clone()).collect();
            assert_eq!(rows, groups);
            let rows: Vec<_> = groups.iter().map(|group| (group.id.0, ())).collect();
            let expected = documents(&handle, Extended::Group, &rows).await;
            assert_eq!(told(&related.groups, |group| group.id.0), expected);

            let brought = handle.group_roles(&ids).await.unwrap();
            let roles: BTreeSet<_> = brought.iter().map(|one| one.role).collect();
            let roles = handle
                .roles_by_id(&roles.into_iter().collect::<Vec<_>>())
                .await
                .unwrap();
            let rows: Vec<_> = related.roles.iter().map(|told| told.row.clone()).collect();
            assert_eq!(rows, roles);
            let seen = |role: &directory::RoleId| roles.iter().any(|one| one.id == *role);
            let expected: BTreeSet<_> = brought
                .iter()
                .filter(|one| seen(&one.role))
                .map(|one| (one.group, one.role))
                .collect();
            assert_eq!(
                related.brought.iter().copied().collect::<BTreeSet<_>>(),
                expected
            );

            let memberships = handle.memberships(&asked).await.unwrap();
            let at: BTreeSet<_> = memberships.iter().map(|one| one.organisation).collect();
            let at = handle
                .organisations_by_id(&at.into_iter().collect::<Vec<_>>())
                .await
                .unwrap();
            let rows: BTreeSet<_> = related
                .organisations
                .iter()
                .map(|told| told.row.id)
                .collect();
            assert_eq!(rows, at.iter().map(|one| one.id).collect());
            let mut expected: Vec<_> = memberships
                .into_iter()
                .filter(|one| rows.contains(&one.organisation))
                .collect();
            let mut found = related.memberships.clone();
            expected.sort_by_key(|one| (one.user, one.organisation));
            found.sort_by_key(|one| (one.user, one.organisation));
            assert_eq!(found, expected);

            let ids: Vec<i64> = asked.iter().map(|id| id.0).collect();
            let expected = handle.extensions(Extended::User, &ids).await.unwrap();
            let found = related
                .documents
                .iter()
                .map(|(id, document)| (id.0, document.clone()));
            assert_eq!(found.collect::<std::collections::HashMap<_, _>>(), expected);
            assert_eq!(related.held, handle.grants_of(&asked).await.unwrap());
            let of_groups: Vec<_> = groups.iter().map(|group| group.id).collect();
            let labels = handle.organisation_labels(&asked, &of_groups).await;
            assert_eq!(related.labels, labels.unwrap());
            let reached = handle.reached_users(Permission::EditUsers, &asked).await;
            assert_eq!(related.reached, reached.unwrap());
            let mut homes = BTreeSet::new();
            for id in &asked {
                homes.extend(handle.user(*id).await.ok().map(|user| user.home));
            }
            let homes: Vec<_> = homes.into_iter().collect();
            let expected = handle.organisations_by_id(&homes).await.unwrap();
            assert_eq!(related.homes, expected);
            told_something +=
                related.members.len() + related.brought.len() + related.memberships.len();

            for id in &asked {
                let single = handle.person(*id, ALL).await;
                let plain = handle.user(*id).await;
                let row = single.clone().map(|(told, _)| told.row);
                assert_eq!(row, plain);
                let Ok(user) = plain else { continue };
                let by_uuid = handle.person(Ref::Uuid(user.uuid), ALL).await.unwrap();
                let (told, own) = single.unwrap();
                assert_eq!(told, by_uuid.0);
                assert_eq!(told.document.as_ref(), related.documents.get(id));
                let mine: BTreeSet<_> = members
                    .iter()
                    .copied()
                    .filter(|(user, _)| user == id)
                    .collect();
                assert_eq!(own.members.into_iter().collect::<BTreeSet<_>>(), mine);
            }
        }
    }
    assert!(told_something > 20, "{told_something}");
}

async fn nothing_unwanted_is_told(world: &World) {
    let people = settle(world).await;
    let handle = world.system();
    let before = world.directory.statements();
    let related = handle.related(&people, Wanted::default()).await.unwrap();
    assert_eq!(world.directory.statements() - before, 0);
    assert!(
        related.members.is_empty()
            && related.organisations.is_empty()
            && related.documents.is_empty()
    );
    for (wanted, statements) in [
        (
            Wanted {
                documents: true,
                ..Wanted::default()
            },
            1,
        ),
        (
            Wanted {
                groups: true,
                ..Wanted::default()
            },
            1,
        ),
        (
            Wanted {
                roles: true,
                ..Wanted::default()
            },
            2,
        ),
        (
            Wanted {
                organisations: true,
                ..Wanted::default()
            },
            1,
        ),
        (
            Wanted {
                held: true,
                ..Wanted::default()
            },
            1,
        ),
        // The homes, then what they are called.
        (
            Wanted {
                labels: true,
                ..Wanted::default()
            },
            2,
        ),
        (
            Wanted {
                homes: true,
                ..Wanted::default()
            },
            2,
        ),
        (
            Wanted {
                reached_by: None,
                ..ALL
            },
            8,
        ),
    ] {
        let before = world.directory.statements();
        handle.related(&people, wanted).await.unwrap();
        assert_eq!(
            world.directory.statements() - before,
            statements,
            "{wanted:?}"
        );
    }
}
