//! Each answer as it stands on the wire, with a clock that stands still.

use serde_json::{Value, json};
use test_support::{Reply, World};

use super::conformance::Specification;
use super::{keyed, owner, owner_sends, person, place, world};

/// Takes a snapshot of a success that the specification describes.
async fn keep(
    specification: &Specification,
    name: &str,
    method: &str,
    path: &str,
    reply: Reply,
) -> Value {
    let route = path.split('?').next().unwrap_or_default();
    specification.check(method, route, &reply);
    insta::assert_snapshot!(name, reply.shown());
    serde_json::from_str(&reply.text).unwrap_or(Value::Null)
}

async fn read(world: &World, specification: &Specification, name: &str, path: &str) -> Value {
    let reply = owner(world, "GET", path).await;
    keep(specification, name, "GET", path, reply).await
}

async fn write(
    world: &World,
    specification: &Specification,
    (name, method, path): (&str, &str, &str),
    body: Value,
) -> Value {
    let reply = owner_sends(world, method, path, body).await;
    keep(specification, name, method, path, reply).await
}

#[tokio::test]
async fn the_specification() {
    let world = world().await;
    insta::assert_snapshot!(
        "endpoints",
        owner(&world, "GET", "endpoints/").await.shown()
    );
}

#[tokio::test]
async fn users() {
    let world = world().await;
    let specification = Specification::of(&world).await;
    let acme = place(&world, "Acme").await;
    let new = json!({
        "name": "Wanda Wire", "email": "wanda@example.org", "primary_group_id": acme.base.number(), "user": "wwire",
        "city": "Lyon", "group_ids": [acme.admins.number()], "department": "Ops", "vpn_enabled": true,
    });
    let made = write(&world, &specification, ("user_made", "POST", "users"), new).await;
    let path = format!("users/{}", made["id"]);
    read(&world, &specification, "user", &path).await;
    world.clock.advance(60_000);
    let change = json!({ "name": "Wanda Wired", "email": "new@example.org", "accountStatus": "Suspended", "city": null });
    write(
        &world,
        &specification,
        ("user_changed", "PATCH", &path),
        change,
    )
    .await;
    read(&world, &specification, "users", "users").await;
    read(
        &world,
        &specification,
        "users_page",
        "users?limit=1&page_num=2&order=user&order_dir=desc&exclude_groups=True",
    )
    .await;
    let unsuspend = format!("{path}/unsuspend");
    write(
        &world,
        &specification,
        ("user_unsuspended", "POST", &unsuspend),
        json!({}),
    )
    .await;
    read(&world, &specification, "user_after_suspension", &path).await;
    let sessions = format!("{path}/sessions");
    write(
        &world,
        &specification,
        ("sessions_ended", "DELETE", &sessions),
        json!({}),
    )
    .await;
    let factor = format!("{path}/2fa");
    write(
        &world,
        &specification,
        ("second_factor_forgotten", "DELETE", &factor),
        json!({}),
    )
    .await;
    let mail = format!("{path}/access_email");
    write(
        &world,
        &specification,
        ("access_mail", "POST", &mail),
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn me() {
    let world = world().await;
    let specification = Specification::of(&world).await;
    let acme = place(&world, "Acme").await;
    read(&world, &specification, "me_owner", "users/me").await;
    let change = json!({
        "preferences": { "welcome_order_dir": "desc", "preferredServerId": 7, "default_success_notifications_on": null },
        "last_checked_announcements": "2025-01-02T03:04:05Z",
    });
    write(
        &world,
        &specification,
        ("me_changed", "PATCH", "users/me"),
        change,
    )
    .await;
    let (_, key) = person(&world, &acme, "tilda", &[acme.teams, acme.base]).await;
    let reply = keyed(&world, "GET", "users/me", &key).send().await;
    keep(&specification, "me_team_admin", "GET", "users/me", reply).await;
    read(
        &world,
        &specification,
        "organization_admins",
        "users/me/organization_admins",
    )
    .await;
    let theme = json!({ "name": "Dark", "settings_json": "{\"a\":1}", "organization_ids": [1], "logo_file_id": "5" });
    write(
        &world,
        &specification,
        ("theme_made", "POST", "admin/themes"),
        theme,
    )
    .await;
    read(&world, &specification, "themes", "users/me/themes").await;
    read(&world, &specification, "theme", "users/me/themes/1").await;
    let change = json!({ "name": "Darker" });
    write(
        &world,
        &specification,
        ("theme_changed", "PATCH", "admin/themes/1"),
        change,
    )
    .await;
    let news = json!({ "subject": "News", "body": "Text" });
    write(
        &world,
        &specification,
        ("announcement_made", "POST", "admin/announcements"),
        news,
    )
    .await;
    let change = json!({ "body": "Other" });
    write(
        &world,
        &specification,
        ("announcement_changed", "PATCH", "admin/announcements/1"),
        change,
    )
    .await;
    read(&world, &specification, "announcements", "announcements").await;
    read(&world, &specification, "roles", "roles").await;
    read(
        &world,
        &specification,
        "organizations",
        "admin/organizations",
    )
    .await;
}

#[tokio::test]
async fn keys() {
    let world = world().await;
    let specification = Specification::of(&world).await;
    let new = json!({
        "expires_in": 3600, "name": "friendlyapp",
        "constraints": [
            { "constraint": "reports/33", "constraint_type": "exact", "get_allowed": true },
            { "constraint_type": "verb", "headAllowed": true, "postAllowed": false },
        ],
    });
    write(
        &world,
        &specification,
        ("key_made", "POST", "users/me/api_keys"),
        new,
    )
    .await;
    read(&world, &specification, "key", "users/me/api_keys/2").await;
    read(&world, &specification, "keys", "users/1/api_keys").await;
    world.clock.advance(1_000);
    write(
        &world,
        &specification,
        ("key_revoked", "DELETE", "users/me/api_keys/2"),
        json!({}),
    )
    .await;
    world.clock.advance(3_600_000);
    read(&world, &specification, "key_over", "users/me/api_keys/2").await;
}

#[tokio::test]
async fn favorites() {
    let world = world().await;
    let specification = Specification::of(&world).await;
    let new = json!({ "object_id": 11, "object_type": "Project" });
    write(
        &world,
        &specification,
        ("favorite_made", "POST", "users/me/favorites"),
        new.clone(),
    )
    .await;
    read(&world, &specification, "favorites", "users/me/favorites").await;
    for (name, place) in [
        ("top", "top"),
        ("bottom", "bottom"),
        ("higher", "higher"),
        ("lower", "lower"),
    ] {
        let path = format!("users/me/favorites/1/ranking/{place}");
        let reply = owner_sends(&world, "PATCH", &path, json!({})).await;
        specification.check("PATCH", &path, &reply);
        assert_eq!(reply.status, 204, "{name}");
    }
    write(
        &world,
        &specification,
        ("favorite_gone", "DELETE", "users/me/favorites/1"),
        json!({}),
    )
    .await;
    write(
        &world,
        &specification,
        ("shared_favorite_made", "POST", "organizations/favorites"),
        new,
    )
    .await;
    read(
        &world,
        &specification,
        "shared_favorites",
        "organizations/favorites",
    )
    .await;
    write(
        &world,
        &specification,
        (
            "shared_favorite_gone",
            "DELETE",
            "organizations/favorites/1",
        ),
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn groups() {
    let world = world().await;
    let specification = Specification::of(&world).await;
    let new = json!({
        "name": "Team", "description": "d", "slug": "team", "role_ids": [17], "defaultOtpRequiredForLogin": false,
        "default_time_zone": "UTC", "default_jobs_label": "jobs",
    });
    let made = write(
        &world,
        &specification,
        ("group_made", "POST", "groups"),
        new,
    )
    .await;
    let path = format!("groups/{}", made["id"]);
    let change = json!({ "name": "Squad", "role_ids": [] });
    write(
        &world,
        &specification,
        ("group_changed", "PATCH", &path),
        change,
    )
    .await;
    let member = format!("{path}/members/1");
    write(
        &world,
        &specification,
        ("member_added", "PUT", &member),
        json!({}),
    )
    .await;
    read(
        &world,
        &specification,
        "groups",
        "groups?include_members=True",
    )
    .await;
    read(&world, &specification, "group", &path).await;
    let share = json!({ "group_ids": [1, 2], "permission_level": "write" });
    let shares = format!("{path}/shares/groups");
    write(
        &world,
        &specification,
        ("group_shared", "PUT", &shares),
        share,
    )
    .await;
    read(&world, &specification, "shares", &format!("{path}/shares")).await;
    read(
        &world,
        &specification,
        "child_groups",
        "groups/1/child_groups",
    )
    .await;
    let unshare = format!("{path}/shares/groups/2");
    write(
        &world,
        &specification,
        ("group_unshared", "DELETE", &unshare),
        json!({}),
    )
    .await;
    write(
        &world,
        &specification,
        ("member_removed", "DELETE", &member),
        json!({}),
    )
    .await;
    let whole = json!({ "name": "Whole" });
    write(
        &world,
        &specification,
        ("group_replaced", "PUT", &path),
        whole,
    )
    .await;
    write(
        &world,
        &specification,
        ("group_gone", "DELETE", &path),
        json!({}),
    )
    .await;
}
