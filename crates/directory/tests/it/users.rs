use directory::{NewUser, Query, UserChange, UserField};

use crate::support::world;

#[tokio::test]
async fn made_changed_listed_deleted() {
    let world = world().await;
    let handle = world.system();
    // Inside a task of its own: the futures must be `Send` to serve requests.
    let user = tokio::spawn(async move {
        let new = NewUser {
            email: Some("Ada@example.org".to_owned()),
            ..NewUser::default()
        };
        handle.create_user(new).await
    })
    .await
    .unwrap()
    .unwrap();
    assert_eq!(
        (user.id.number(), user.login.as_str()),
        (2, "Ada@example.org")
    );
    let handle = world.system();
    let taken = NewUser {
        email: Some("aDA@example.org".to_owned()),
        ..NewUser::default()
    };
    assert_eq!(
        handle.create_user(taken).await,
        Err(directory::Fault::Taken { field: "email" })
    );
    let change = UserChange {
        display: Some(Some("Ada L".to_owned())),
        ..UserChange::default()
    };
    assert_eq!(
        handle
            .update_user(user.id, change)
            .await
            .unwrap()
            .shown
            .name,
        "Ada L"
    );
    let page = handle
        .users(&Query {
            sort: Some(UserField::Name),
            total: true,
            ..Query::default()
        })
        .await
        .unwrap();
    let names: Vec<_> = page
        .items
        .iter()
        .map(|user| user.shown.name.as_str())
        .collect();
    assert_eq!((names, page.total), (vec!["Ada L", "Olga Owner"], Some(2)));
    handle.delete_user(user.id).await.unwrap();
    assert_eq!(
        handle.users(&Query::default()).await.unwrap().items.len(),
        1
    );
}
