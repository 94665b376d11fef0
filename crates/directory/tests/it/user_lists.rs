//! Lists of people by those who see some of them, by text, and in chunks.

use directory::{
    Fault, NewUser, OrganisationId, Permission, Predicate, Query, Refusal, Standing, Status, Test,
    User, UserChange, UserField,
};

use crate::support::{ADMINISTRATOR, OWNER, World, both};

both!(
    chunks_hold_everybody_once,
    chunks_end_with_the_account,
    chunks_end_with_the_role,
    people_are_found_until_they_are_renamed_or_gone,
    lists_of_an_organisation_count_its_members,
);

async fn crowd(world: &World, home: OrganisationId, name: &str, count: usize) {
    let people = (0..count)
        .map(|number| NewUser {
            email: Some(format!("{name}{number:02}@example.org")),
            home: Some(home),
            ..NewUser::default()
        })
        .collect();
    world.system().create_users(people).await.unwrap();
}

fn logins(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.login.as_str()).collect()
}

async fn chunks_hold_everybody_once(world: &World) {
    let tree = world.tree().await;
    crowd(world, tree.branch, "bee", 25).await;
    let query = Query {
        predicate: Predicate::Is(UserField::Login, Test::StartsWith("bee".to_owned())),
        sort: Some(UserField::Login),
        limit: 3,
        ..Query::default()
    };
    let mut chunks = world.system().user_chunks(&query, 10);
    let mut sizes = Vec::new();
    let mut seen = Vec::new();
    while let Some(users) = chunks.next_chunk().await.unwrap() {
        sizes.push(users.len());
        seen.extend(users.into_iter().map(|user| user.login));
    }
    let expected: Vec<String> = (0..25)
        .map(|number| format!("bee{number:02}@example.org"))
        .collect();
    assert_eq!((sizes, seen), (vec![10, 10, 5], expected));
    assert_eq!(chunks.next_chunk().await, Ok(None));
    let nobody = Query {
        predicate: Predicate::Nothing,
        ..Query::default()
    };
    assert_eq!(
        world.system().user_chunks(&nobody, 10).next_chunk().await,
        Ok(None)
    );
}

async fn chunks_end_with_the_account(world: &World) {
    let tree = world.tree().await;
    crowd(world, tree.branch, "bee", 12).await;
    let reader = world
        .person("reader@example.org", tree.branch, &[ADMINISTRATOR])
        .await;
    let mut chunks = world
        .as_user(reader.id)
        .await
        .user_chunks(&Query::default(), 5);
    assert_eq!(chunks.next_chunk().await.unwrap().unwrap().len(), 5);
    let change = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    world.system().update_user(reader.id, change).await.unwrap();
    assert_eq!(
        chunks.next_chunk().await,
        Err(Fault::Unauthenticated(Refusal::Standing(
            Standing::Suspended
        )))
    );
}

async fn chunks_end_with_the_role(world: &World) {
    let tree = world.tree().await;
    crowd(world, tree.branch, "bee", 12).await;
    let reader = world
        .person("reader@example.org", tree.branch, &[ADMINISTRATOR])
        .await;
    let mut chunks = world
        .as_user(reader.id)
        .await
        .user_chunks(&Query::default(), 5);
    assert_eq!(chunks.next_chunk().await.unwrap().unwrap().len(), 5);
    world
        .system()
        .revoke_role(reader.id, ADMINISTRATOR, Some(tree.branch))
        .await
        .unwrap();
    assert_eq!(
        chunks.next_chunk().await,
        Err(Fault::Forbidden(Permission::ReadUsers))
    );
}

async fn people_are_found_until_they_are_renamed_or_gone(world: &World) {
    let tree = world.tree().await;
    let user = world.person("quixote@example.org", tree.branch, &[]).await;
    let looking = |text: &str| Query {
        search: Some(text.to_owned()),
        total: true,
        ..Query::default()
    };
    let found = async |text: &str| {
        let page = world.system().users(&looking(text)).await.unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64));
        page.items.len()
    };
    assert_eq!(found("UIXOT").await, 1);
    assert_eq!(found("uixot example").await, 1);
    assert_eq!(found("uixot nowhere").await, 0);
    let change = UserChange {
        display: Some(Some("Álonso Quijano".to_owned())),
        ..UserChange::default()
    };
    world.system().update_user(user.id, change).await.unwrap();
    assert_eq!(found("alonso").await, 1);
    assert_eq!(found("so qu").await, 1);
    world.system().delete_user(user.id).await.unwrap();
    assert_eq!(found("alonso").await, 0);
    assert_eq!(found("quixote").await, 0);
}

async fn lists_of_an_organisation_count_its_members(world: &World) {
    let tree = world.tree().await;
    crowd(world, tree.branch, "bee", 7).await;
    world
        .system()
        .add_membership(OWNER, tree.branch, Some(false))
        .await
        .unwrap();
    let reader = world
        .person("reader@example.org", tree.branch, &[ADMINISTRATOR])
        .await;
    let query = Query {
        sort: Some(UserField::Name),
        total: true,
        limit: 3,
        ..Query::default()
    };
    let page = world.as_user(reader.id).await.users(&query).await.unwrap();
    let within = Query {
        predicate: Predicate::Is(UserField::Organisation, Test::Equals(tree.branch.0.into())),
        ..query
    };
    let same = world.system().users(&within).await.unwrap();
    assert_eq!(logins(&page.items), logins(&same.items));
    assert_eq!((page.total, same.total), (Some(11), Some(11)));
}
