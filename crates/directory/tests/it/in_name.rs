//! Acting in another's name: with their rights, by those who could take the account over, and never
//! longer than both hold.

use directory::{
    EventField, Fault, Handle, NewGrant, NewKey, NewUser, Permission, Predicate, Query, Refusal,
    Standing, Status, Test, UserChange, UserId,
};

use crate::support::{ADMINISTRATOR, HELPDESK, MEMBER, OWNER, OWNER_ROLE, ROOT, World, both};

both!(
    with_the_others_rights_and_no_more,
    only_by_those_who_could_take_the_account_over,
    no_longer_than_both_hold,
);

async fn as_if(world: &World, handle: &Handle, user: UserId) -> Result<Handle, Fault> {
    let caller = handle.impersonate(user).await?;
    Ok(world.directory.act(&caller))
}

fn renamed(name: &str) -> UserChange {
    UserChange {
        display: Some(Some(name.to_owned())),
        ..UserChange::default()
    }
}

async fn with_the_others_rights_and_no_more(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[MEMBER]).await;
    let bob = world.person("bob@example.org", ROOT, &[MEMBER]).await;
    let owner = world.as_user(OWNER).await;
    let handle = as_if(world, &owner, ada.id).await.unwrap();
    assert_eq!(handle.caller().user(), ada.id);
    handle.update_own_profile(renamed("Ada")).await.unwrap();
    assert_eq!(owner.user(ada.id).await.unwrap().shown.name, "Ada");
    // What the owner may and Ada may not is refused, in reading and in writing.
    assert!(owner.user(bob.id).await.is_ok());
    assert!(handle.user(bob.id).await.is_err());
    let made = handle.create_user(NewUser::default()).await;
    assert_eq!(made, Err(Fault::Forbidden(Permission::CreateUsers)));
    assert!(handle.update_user(bob.id, renamed("Bob")).await.is_err());
    // The trail knows who it was, and in whose name.
    let query = Query {
        predicate: Predicate::Is(EventField::EntityId, Test::Equals(ada.id.0.into())).and(
            Predicate::Is(EventField::Verb, Test::Equals("user.changed".into())),
        ),
        ..Query::default()
    };
    let events = owner.events(&query).await.unwrap().items;
    let event = events.last().unwrap();
    assert_eq!(event.actor, Some(OWNER));
    let detail = event.detail.clone().unwrap();
    assert_eq!(detail["impersonate"], "ada@example.org");
}

async fn only_by_those_who_could_take_the_account_over(world: &World) {
    let tree = world.tree().await;
    let helper = world
        .person("helper@example.org", tree.north, &[HELPDESK])
        .await;
    let helper = world.as_user(helper.id).await;
    let nora = world.as_user(tree.nora).await;
    let nils = world.as_user(tree.nils).await;
    let forbidden = Fault::Forbidden(Permission::ResetCredentials);
    let told = async |handle: &Handle, user: UserId| as_if(world, handle, user).await.map(drop);
    assert_eq!(told(&helper, tree.nils).await, Ok(()));
    assert_eq!(told(&helper, tree.nora).await, Err(Fault::OutranksCaller));
    assert_eq!(told(&nora, tree.bob).await, Ok(()));
    assert_eq!(told(&nils, tree.nora).await, Err(forbidden.clone()));
    // Elsewhere and missing answer alike.
    let elsewhere = told(&nora, tree.sven).await;
    assert_eq!(elsewhere, told(&nora, UserId(999)).await);
    assert!(matches!(elsewhere, Err(Fault::NotFound(_))));
    // Nobody acts for another in a third one's name.
    let owner = world.as_user(OWNER).await;
    let as_nora = as_if(world, &owner, tree.nora).await.unwrap();
    assert_eq!(told(&as_nora, tree.nils).await, Err(forbidden));
    // A key that only reads only reads in whoever's name.
    let reader = NewKey {
        read_only: true,
        ..NewKey::default()
    };
    let reader = world.system().create_key(OWNER, reader).await.unwrap();
    let reader = world.caller(&reader.secret).await.unwrap();
    let as_nora = as_if(world, &world.directory.act(&reader), tree.nora).await;
    let as_nora = as_nora.unwrap();
    assert!(as_nora.user(tree.nils).await.is_ok());
    let written = as_nora.update_user(tree.nils, renamed("Nils")).await;
    assert_eq!(written.map(drop), Err(Fault::KeyLimit));
}

async fn no_longer_than_both_hold(world: &World) {
    let ada = world.person("ada@example.org", ROOT, &[MEMBER]).await;
    let boss = world
        .person("boss@example.org", ROOT, &[ADMINISTRATOR])
        .await;
    let system = world.system();
    let key = system.create_key(boss.id, NewKey::default()).await.unwrap();
    let own = world.caller(&key.secret).await.unwrap();
    let own = world.directory.act(&own);
    let handle = as_if(world, &own, ada.id).await.unwrap();
    let write = async |name: &str| {
        let changed = handle.update_own_profile(renamed(name)).await;
        changed.map(drop)
    };
    assert_eq!(write("One").await, Ok(()));
    // The other is suspended.
    let status = |status| UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    let suspend = status(Status::Suspended);
    system.update_user(ada.id, suspend).await.unwrap();
    let suspended = Fault::Unauthenticated(Refusal::Standing(Standing::Suspended));
    assert_eq!(write("Two").await, Err(suspended.clone()));
    assert_eq!(as_if(world, &own, ada.id).await.map(drop), Err(suspended));
    let back = status(Status::Active);
    system.update_user(ada.id, back).await.unwrap();
    assert_eq!(write("Three").await, Ok(()));
    // The other rises above the one.
    let grant = NewGrant {
        organisation: Some(ROOT),
        ..NewGrant::from(OWNER_ROLE)
    };
    system.grant_role(ada.id, grant).await.unwrap();
    assert_eq!(write("Four").await, Err(Fault::OutranksCaller));
    // The one loses the key.
    system.revoke_key(key.key.id).await.unwrap();
    assert!(matches!(
        write("Five").await,
        Err(Fault::Unauthenticated(_))
    ));
    let shown = system.user(ada.id).await.unwrap().shown.name;
    assert_eq!(shown, "Three");
}
