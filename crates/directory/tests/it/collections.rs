use directory::{
    CollectionChange, CollectionId, Fault, GroupRoleScope, Kind, NewCollection, OrganisationId,
    Permission, Ref,
};

use crate::support::{AUDITOR, HELPDESK, ROOT, World, both};

both!(
    made_filled_renamed_deleted,
    widening_is_granting,
    strangers_answer_like_missing,
    organisations_leave_when_they_go,
);

fn new(name: &str, organisations: &[OrganisationId]) -> NewCollection {
    NewCollection {
        name: name.to_owned(),
        organisations: organisations.to_vec(),
        ..NewCollection::default()
    }
}

async fn made_filled_renamed_deleted(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let made = handle
        .create_collection(new(" Coast ", &[tree.south]))
        .await
        .unwrap();
    assert_eq!((made.name.as_str(), made.organisation), ("Coast", ROOT));
    assert_eq!(
        handle.create_collection(new("COAST", &[])).await,
        Err(Fault::Taken { field: "name" })
    );
    let inland = handle.create_collection(new("Arid", &[])).await.unwrap();
    let names: Vec<String> = handle
        .collections()
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["Arid", "Coast"]);
    let inside = async || {
        let pairs = handle.collection_organisations(&[made.id, inland.id]).await;
        pairs
            .unwrap()
            .into_iter()
            .map(|(_, organisation)| organisation)
            .collect::<Vec<_>>()
    };
    handle
        .add_to_collection(made.id, &[tree.north, tree.south])
        .await
        .unwrap();
    assert_eq!(inside().await, [tree.north, tree.south]);
    // One unknown among them, and none is added.
    let refused = handle
        .add_to_collection(made.id, &[tree.branch, OrganisationId(999)])
        .await;
    assert_eq!(refused, Err(Fault::UnknownReference(Kind::Organisation)));
    assert_eq!(inside().await, [tree.north, tree.south]);
    handle
        .remove_from_collection(made.id, &[tree.north, tree.branch])
        .await
        .unwrap();
    assert_eq!(inside().await, [tree.south]);
    let change = |name: &str| CollectionChange {
        name: Some(name.to_owned()),
        ..CollectionChange::default()
    };
    assert_eq!(
        handle.update_collection(made.id, change("arid")).await,
        Err(Fault::Taken { field: "name" })
    );
    let renamed = handle
        .update_collection(Ref::Uuid(made.uuid), change("Shore"))
        .await
        .unwrap();
    assert_eq!((renamed.name.as_str(), renamed.version), ("Shore", 2));
    assert_eq!(handle.collection(made.id).await, Ok(renamed));
    handle.delete_collection(made.id).await.unwrap();
    assert_eq!(
        handle.collection(made.id).await,
        Err(Fault::NotFound(Kind::Collection))
    );
}

async fn widening_is_granting(world: &World) {
    let tree = world.tree().await;
    let handle = world.system();
    let collection = NewCollection {
        organisation: Some(tree.north),
        ..new("Mine", &[tree.branch])
    };
    let collection = handle.create_collection(collection).await.unwrap();
    let group = world.group("Blue", tree.north).await;
    handle.add_member(group.id, tree.nils).await.unwrap();
    let through = GroupRoleScope::Collection(collection.id);
    handle
        .add_group_role(group.id, AUDITOR, through)
        .await
        .unwrap();
    // Somebody who may manage organisations but holds less than the group brings may not widen it.
    let role = directory::NewRole {
        name: "Registrar".to_owned(),
        lines: [
            Permission::ReadOrganisations,
            Permission::ManageOrganisations,
        ]
        .map(|one| directory::Line::may(one, directory::Reach::Subtree))
        .to_vec(),
        ..directory::NewRole::default()
    };
    let registrar = handle.create_role(role).await.unwrap();
    let grant = directory::NewGrant {
        organisation: Some(tree.north),
        ..directory::NewGrant::from(registrar.id)
    };
    handle.grant_role(tree.bob, grant).await.unwrap();
    let bob = world.as_user(tree.bob).await;
    for refused in [
        bob.add_to_collection(collection.id, &[tree.north]).await,
        bob.remove_from_collection(collection.id, &[tree.branch])
            .await,
        bob.delete_collection(collection.id).await.map(drop),
    ] {
        assert_eq!(refused, Err(Fault::ExceedsOwn));
    }
    // Whoever holds it, may; and it counts from the next request on.
    let secret = world.key_of(tree.nils).await;
    let nora = world.as_user(tree.nora).await;
    let audits = async |at: OrganisationId| {
        let nils = world.directory.act(&world.caller(&secret).await.unwrap());
        let query = directory::Query {
            predicate: directory::Predicate::Is(
                directory::EventField::Organisation,
                directory::Test::Equals(at.0.into()),
            )
            .and(directory::Predicate::Is(
                directory::EventField::Entity,
                directory::Test::Equals("organisation".into()),
            )),
            ..directory::Query::default()
        };
        !nils.events(&query).await.unwrap().items.is_empty()
    };
    assert!(!audits(tree.north).await && audits(tree.branch).await);
    nora.add_to_collection(collection.id, &[tree.north])
        .await
        .unwrap();
    assert!(audits(tree.north).await);
    nora.remove_from_collection(collection.id, &[tree.north])
        .await
        .unwrap();
    assert!(!audits(tree.north).await);
}

async fn strangers_answer_like_missing(world: &World) {
    let tree = world.tree().await;
    let collection = NewCollection {
        organisation: Some(tree.north),
        ..new("Mine", &[tree.branch])
    };
    let id = world
        .system()
        .create_collection(collection)
        .await
        .unwrap()
        .id;
    let sara = world.as_user(tree.sara).await;
    let sven = world.as_user(tree.sven).await;
    for handle in [&sara, &sven] {
        let mut answers = Vec::new();
        for id in [id, CollectionId(999)] {
            answers.push((
                handle.collection(id).await,
                handle
                    .update_collection(id, CollectionChange::default())
                    .await,
                handle.delete_collection(id).await,
                handle.add_to_collection(id, &[tree.south]).await,
                handle.remove_from_collection(id, &[tree.south]).await,
                handle.collection_organisations(&[id]).await,
            ));
        }
        assert_eq!(answers[0], answers[1]);
    }
    assert_eq!(sara.collections().await, Ok(vec![]));
    assert_eq!(
        sven.collections().await,
        Err(Fault::Forbidden(Permission::ReadOrganisations))
    );
    // Organisations out of reach cannot be collected.
    let refused = sara.create_collection(new("All", &[tree.north])).await;
    assert_eq!(refused, Err(Fault::UnknownReference(Kind::Organisation)));
    assert_eq!(sara.collections().await, Ok(vec![]));
}

async fn organisations_leave_when_they_go(world: &World) {
    let gone = world.organisation("Gone", ROOT).await.id;
    let handle = world.system();
    let made = handle
        .create_collection(new("All", &[gone, ROOT]))
        .await
        .unwrap();
    let group = world.group("Blue", ROOT).await;
    let scope = GroupRoleScope::Organisation(gone);
    handle
        .add_group_role(group.id, HELPDESK, scope)
        .await
        .unwrap();
    handle.delete_organisation(gone).await.unwrap();
    assert_eq!(
        handle.collection_organisations(&[made.id]).await,
        Ok(vec![(made.id, ROOT)])
    );
    assert_eq!(handle.group_roles(&[group.id]).await, Ok(vec![]));
}
