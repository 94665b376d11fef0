//! Edit contexts: kept for a few minutes, beside what they are about, for all who see it.

use serde_json::{Value, json};

use super::{ask, complaint, group_with, opencti, token, user};

const SHOWN: &str = "query ($u: String!, $g: String!) { user(id: $u) { editContext { name focusOn } } group(id: $g) { editContext { name focusOn } } \
                     settings { editContext { name focusOn } } }";

#[tokio::test]
async fn contexts_are_shown_beside_their_object_and_end() {
    let world = opencti().await;
    let group = group_with(
        &world,
        "Managers",
        &["SETTINGS_SETACCESSES", "APIACCESS_USETOKEN"],
    )
    .await;
    let person = user(&world, "Edited Person", json!({})).await;
    let other = user(
        &world,
        "Other Editor",
        json!({"groups": [group], "prevent_default_groups": true}),
    )
    .await;
    let other = token(&world, &other).await;
    let ids = json!({"u": person, "g": group});
    let shown = async || ask(&world, &world.key, SHOWN, ids.clone()).await;
    let focus = |name: &str, field: Value| json!([{"name": name, "focusOn": field}]);
    let begin = "mutation ($id: ID!, $input: EditContext) { userEdit(id: $id) { contextPatch(input: $input) { id } } }";
    let input = |field: &str| json!({"id": person, "input": {"focusOn": field}});
    ask(&world, &world.key, begin, input("name")).await;
    ask(&world, &world.key, begin, input("description")).await;
    let data = shown().await;
    // The later one stands for the earlier, and nothing else is edited.
    assert_eq!(
        data["user"]["editContext"],
        focus("owner@example.org", json!("description"))
    );
    assert_eq!(data["group"]["editContext"], json!([]));
    ask(&world, &other, begin, json!({"id": person, "input": null})).await;
    let both = &shown().await["user"]["editContext"];
    assert_eq!(both.as_array().unwrap().len(), 2, "{both}");
    assert_eq!(
        both[1],
        json!({"name": "other.editor@example.org", "focusOn": null})
    );
    // Each user ends their own alone.
    let end = "mutation ($id: ID!) { userEdit(id: $id) { contextClean { editContext { name focusOn } } } }";
    let data = ask(&world, &other, end, json!({"id": person})).await;
    let left = focus("owner@example.org", json!("description"));
    assert_eq!(data["userEdit"]["contextClean"]["editContext"], left);
    world.clock.advance(301_000);
    assert_eq!(shown().await["user"]["editContext"], json!([]));
    let settings = "mutation ($id: ID!) { settingsEdit(id: $id) { contextPatch(input: {focusOn: \"platform_title\"}) { editContext { focusOn } } } }";
    let id =
        ask(&world, &world.key, "{ settings { id } }", json!({})).await["settings"]["id"].clone();
    let data = ask(&world, &world.key, settings, json!({"id": id})).await;
    assert_eq!(
        data["settingsEdit"]["contextPatch"]["editContext"],
        json!([{"focusOn": "platform_title"}])
    );
}

#[tokio::test]
async fn contexts_are_for_those_who_may_edit() {
    let world = opencti().await;
    let person = user(&world, "Plain Person", json!({})).await;
    let own = token(&world, &person).await;
    let made = ask(
        &world,
        &world.key,
        "mutation { organizationAdd(input: {name: \"Part\"}) { id } }",
        json!({}),
    )
    .await;
    let organisation = &made["organizationAdd"]["id"];
    for (query, id) in [
        (
            "mutation ($id: ID!) { userEdit(id: $id) { contextPatch(input: {focusOn: \"name\"}) { id } } }",
            &person,
        ),
        (
            "mutation ($id: ID!) { organizationContextPatch(id: $id, input: {focusOn: \"name\"}) { id } }",
            organisation,
        ),
        (
            "mutation ($id: ID!) { stixDomainObjectEdit(id: $id) { contextPatch(input: {focusOn: \"name\"}) { id } } }",
            organisation,
        ),
    ] {
        let told = complaint(&world, &own, query, json!({"id": id})).await;
        assert!(told.starts_with("FORBIDDEN_ACCESS"), "{query}: {told}");
        ask(&world, &world.key, query, json!({"id": id})).await;
    }
    let query =
        "query ($id: String!) { stixDomainObject(id: $id) { editContext { name focusOn } } }";
    let data = ask(&world, &world.key, query, json!({"id": organisation})).await;
    assert_eq!(
        data["stixDomainObject"]["editContext"],
        json!([{"name": "owner@example.org", "focusOn": "name"}])
    );
}
