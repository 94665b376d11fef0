//! Every request that the real client was seen to send, in its order: accepted or refused as the
//! contract says, and every answer held against the specification.

use serde_json::json;
use test_support::{Recorded, recorded};

use super::conformance::Specification;
use super::{owner, owner_sends, sign, world};

/// The status that the contract promises for a recorded call.
fn promised(request: &Recorded) -> u16 {
    let call = request.call.as_str();
    let table: &[(&str, u16)] = &[
        ("client.users.list(page_num=0)", 400),
        ("client.users.post_access_email", 204),
        ("client.users.post_me_favorites", 201),
        ("client.users.delete_me_favorites", 204),
        ("client.users.patch_me_favorites_ranking", 204),
        ("client.groups.post", 201),
        ("client.groups.delete_members", 204),
        ("client.groups.delete_shares", 204),
        ("client.organizations.post_favorites", 201),
        ("client.organizations.delete_favorites", 204),
        ("client.users.get(999999999)", 404),
        ("civis.APIClient(api_key='wrong')", 401),
        ("civis.APIClient(api_key='wrong', local", 401),
        ("client.users.post('Dup'", 400),
    ];
    table
        .iter()
        .find(|(beginning, _)| call.starts_with(beginning))
        .map_or(200, |(_, status)| *status)
}

#[tokio::test]
async fn requests_of_the_real_client() {
    let world = world().await;
    let theme = json!({ "name": "T", "settings_json": "{}", "organization_ids": [1] });
    assert_eq!(
        owner_sends(&world, "POST", "admin/themes", theme)
            .await
            .status,
        201
    );
    let group = json!({ "name": "Second" });
    let second = owner_sends(&world, "POST", "groups", group).await.json()["id"].clone();
    let me = owner(&world, "GET", "users/me").await.json();
    let base = me["primaryGroupId"].to_string();
    let specification = Specification::of(&world).await;
    let own = sign(&world.key).1;
    // The numbers of the recording, and what has them here.
    let (mut user, mut team, mut key) = ("2".to_owned(), String::new(), String::new());
    for request in recorded(include_str!("../fixtures/civis.requests.json")) {
        let with = |text: &str, number: &str| text.replace('#', number);
        let substitutes = [
            ("Basic QURNSU5LRVk6".to_owned(), own.clone()),
            ("Basic azo=".to_owned(), own.clone()),
            ("/users/307".to_owned(), with("/users/#", &user)),
            ("/members/307".to_owned(), with("/members/#", &user)),
            (
                "user_ids%5B%5D=307".to_owned(),
                with("user_ids%5B%5D=#", &user),
            ),
            (
                "\"user_ids\":[307]".to_owned(),
                with("\"user_ids\":[#]", &user),
            ),
            ("/groups/43".to_owned(), with("/groups/#", &team)),
            (
                "/shares/groups/31".to_owned(),
                with("/shares/groups/#", &base),
            ),
            ("/api_keys/591".to_owned(), with("/api_keys/#", &key)),
            ("/favorites/24".to_owned(), "/favorites/1".to_owned()),
            ("/favorites/25".to_owned(), "/favorites/2".to_owned()),
            ("/favorites/26".to_owned(), "/favorites/3".to_owned()),
            ("group_id=31".to_owned(), with("group_id=#", &base)),
            (
                "group_ids%5B%5D=31&group_ids%5B%5D=32".to_owned(),
                format!("group_ids%5B%5D={base}&group_ids%5B%5D={second}"),
            ),
            (
                "\"primary_group_id\":31".to_owned(),
                with("\"primary_group_id\":#", &base),
            ),
            (
                "\"group_ids\":[31]".to_owned(),
                with("\"group_ids\":[#]", &base),
            ),
            (
                "organization_id=4".to_owned(),
                "organization_id=1".to_owned(),
            ),
            (
                "\"organization_id\":4".to_owned(),
                "\"organization_id\":1".to_owned(),
            ),
            // Good enough for the vendor; here it is made of too little.
            (
                "Correct-Horse-9".to_owned(),
                "Correct-Horse-9-Battery".to_owned(),
            ),
        ];
        let substitutes: Vec<(&str, &str)> = substitutes
            .iter()
            .map(|(old, new)| (old.as_str(), new.as_str()))
            .collect();
        let reply = world.replay("/civis", &request, &substitutes).await;
        assert_eq!(
            promised(&request),
            reply.status,
            "{} {} {}",
            request.call,
            request.path,
            reply.text
        );
        if reply.status < 400 {
            let path = substitutes
                .iter()
                .fold(request.path.clone(), |path, (old, new)| {
                    path.replace(old, new)
                });
            specification.check(&request.method, &path, &reply);
        }
        if request.call.starts_with("client.users.post('Wanda") {
            user = reply.json()["id"].to_string();
        }
        if request.call.starts_with("client.groups.post") {
            team = reply.json()["id"].to_string();
        }
        if request
            .call
            .starts_with("client.users.post_api_keys('me', 3600")
        {
            key = reply.json()["id"].to_string();
        }
    }
}
