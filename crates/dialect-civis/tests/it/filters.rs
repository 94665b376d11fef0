//! What a list's parameter does not understand is refused or matches nothing; it never widens an answer.

use dialect_civis::DIALECT;
use directory::NewUser;

use super::{owner, world};

#[tokio::test]
async fn what_is_not_understood_widens_nothing() {
    let world = world().await;
    for name in ["ada", "grace", "joan"] {
        let new = NewUser {
            email: Some(format!("{name}@example.org")),
            ..NewUser::default()
        };
        world.system().create_user(new).await.unwrap();
    }
    // The lists that take parameters; the other routes read none, so none narrows or widens them.
    let lists = [
        "users",
        "users/me/activity",
        "users/me/favorites",
        "groups",
        "roles",
        "announcements",
        "organizations/favorites",
        "admin/organizations",
    ];
    let mut tried = 0;
    for path in lists {
        assert!(
            DIALECT
                .routes
                .iter()
                .any(|route| route.path == format!("/{path}"))
        );
        for query in [
            "colour=red",
            "colour=",
            "query=a&colour=red",
            "limit=0",
            "limit=-1",
            "limit=many",
            "limit=10&limit=20",
            "page_num=0",
            "page_num=x",
            "order=colour",
            "order_dir=sideways",
            "organization_id=nobody",
            "group_id=-1",
            "group_ids=x",
            "active=perhaps",
            "permission=everything",
            "status=odd",
        ] {
            let reply = owner(&world, "GET", &format!("{path}?{query}")).await;
            let empty = reply.json().as_array().is_some_and(Vec::is_empty);
            assert!(
                (400..500).contains(&reply.status) || (reply.status == 200 && empty),
                "{path}?{query}: {reply:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
    for query in [
        "query=nobody-has-this-name",
        "organization_id=999999",
        "group_id=999999",
        "group_ids[]=999999",
        "emails[]=nobody@example.org",
        "status=suspended",
    ] {
        let reply = owner(&world, "GET", &format!("users?{query}")).await;
        let shown = reply.json();
        let empty = shown.as_array().is_none_or(Vec::is_empty);
        assert!(empty, "{query}: {reply:?}");
    }
}
