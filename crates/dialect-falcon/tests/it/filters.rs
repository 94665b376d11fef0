//! What a filter does not understand is refused or matches nothing; it never widens an answer.

use super::{get, owners_token, person, world};
use directory::ROOT;

/// Lists that take filters of the vendor's language.
const FILTERED: [&str; 4] = [
    "/user-management/queries/users/v1",
    "/user-management/queries/users/v2",
    "/mssp/queries/children/v1",
    "/user-management/queries/user-invitations/v1",
];

#[tokio::test]
async fn what_is_not_understood_widens_nothing() {
    let world = world().await;
    for name in ["ada", "grace", "joan"] {
        person(&world, &format!("{name}@example.org"), ROOT).await;
    }
    let token = owners_token(&world).await;
    let all = get(&world, &token, FILTERED[0]).await.json();
    assert!(all["resources"].as_array().unwrap().len() > 3, "{all}");
    for path in FILTERED {
        for query in [
            // Unknown properties, alone and beside known ones.
            "filter=colour:%27red%27",
            "filter=uid:%27ada@example.org%27%2Bcolour:%27red%27",
            "filter=uid:%27nobody@example.org%27,colour:%27red%27",
            "filter=(colour:%27red%27)",
            // Unknown operators and values, and what is cut off.
            "filter=uid:~~%27ada%27",
            "filter=uid",
            "filter=uid:",
            "filter=uid:%27ada",
            "filter=uid:%27ada%27%2B",
            "filter=uid:[]",
            "filter=!uid:%27ada%27",
            "filter=%00",
            // One of two is not dropped.
            "filter=uid:%27nobody@example.org%27&filter=",
            "filter=uid:%27nobody@example.org%27&filter=uid:*%27*%27",
            "filter=&filter=uid:%27nobody@example.org%27",
            // A filter that matches no user.
            "filter=uid:%27nobody@example.org%27",
            "filter=id:%27nobody%27",
            "filter=uuid:%27nobody%27",
        ] {
            let reply = get(&world, &token, &format!("{path}?{query}")).await;
            let empty = reply.json()["resources"]
                .as_array()
                .is_none_or(Vec::is_empty);
            assert!(
                (400..500).contains(&reply.status) || (reply.status == 200 && empty),
                "{path}?{query}: {reply:?}"
            );
        }
    }
}

/// Parameters that name one thing narrow the list to it, known or unknown.
#[tokio::test]
async fn parameters_that_name_nothing_match_nothing() {
    let world = world().await;
    person(&world, "ada@example.org", ROOT).await;
    let token = owners_token(&world).await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    for path in [
        "/user-management/combined/user-roles/v1?user_uuid=",
        "/user-management/combined/user-roles/v2?user_uuid=",
        "/user-roles/queries/user-role-ids-by-user-uuid/v1?user_uuid=",
        "/users/queries/user-uuids-by-email/v1?uid=",
        "/mssp/queries/user-group-members/v1?user_uuid=",
        "/users/entities/users/v1?ids=",
    ] {
        for value in [nobody, "nobody", "%25", "*", "1&user_uuid=2&uid=3&ids=4"] {
            let reply = get(&world, &token, &format!("{path}{value}")).await;
            let empty = reply.json()["resources"]
                .as_array()
                .is_none_or(Vec::is_empty);
            assert!(empty, "{path}{value}: {reply:?}");
            assert!(reply.status < 500, "{path}{value}: {reply:?}");
        }
    }
}
