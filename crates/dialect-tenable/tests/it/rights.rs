//! Callers who may change what they may not read: refused before anything is kept, or answered.

use directory::{Line, NewOrganisation, Permission, Reach};
use serde_json::json;
use test_support::{everywhere, refusals_keep_nothing};

use super::refusals::shaped;
use super::{keyed, owner};
use crate::world;

#[tokio::test]
async fn a_refused_write_keeps_nothing() {
    use Permission::{
        CreateUsers, EditUsers, GrantRoles, ManageRoles, ManageSettings, ReadRoles, ReadSettings,
        ReadUsers, ResetCredentials,
    };
    let world = world().await;
    let part = NewOrganisation {
        name: "Part".to_owned(),
        ..NewOrganisation::default()
    };
    let part = world.system().create_organisation(part).await.unwrap().id;
    let (ada, _) = world.powerless("ada@example.org").await;
    let mut reads_a_part = everywhere(&[ManageSettings, ReadRoles]);
    reads_a_part.push((Line::may(ReadSettings, Reach::Subtree), part));
    let rows = [
        ("settings.manage", everywhere(&[ManageSettings])),
        (
            "settings.manage, roles.read, settings.read of a part",
            reads_a_part,
        ),
        (
            "settings.manage, roles.read",
            everywhere(&[ManageSettings, ReadRoles]),
        ),
        (
            "settings.manage, settings.read",
            everywhere(&[ManageSettings, ReadSettings]),
        ),
        (
            "settings.manage, settings.read, roles.read",
            everywhere(&[ManageSettings, ReadSettings, ReadRoles]),
        ),
        ("users.edit", everywhere(&[EditUsers])),
        (
            "users.edit, users.read",
            everywhere(&[EditUsers, ReadUsers]),
        ),
        (
            "users.edit, roles.grant",
            everywhere(&[EditUsers, GrantRoles]),
        ),
        (
            "users.edit, credentials.reset",
            everywhere(&[EditUsers, ResetCredentials]),
        ),
        ("users.create", everywhere(&[CreateUsers])),
        ("roles.manage", everywhere(&[ManageRoles])),
    ];
    let mut callers = Vec::new();
    for (number, (what, rights)) in rows.iter().enumerate() {
        let email = format!("caller{number}@example.org");
        callers.push(((*what).to_owned(), world.holder(&email, rights).await.1));
    }
    let user = format!("PATCH users/{}", ada.id);
    let requests = [
        "PATCH application-settings",
        "PATCH lockout-policy",
        user.as_str(),
        "POST users",
        "POST roles",
    ];
    let send = async |request: &str, key: &str, turn: usize| {
        let (method, path) = request.split_once(' ').unwrap();
        let body = match request {
            "PATCH application-settings" => json!({
                "logRetentionPeriod": 100 + turn, "defaultRoleIds": [2],
            }),
            "PATCH lockout-policy" => json!({ "lockoutDuration": 1_000 + turn }),
            "POST users" => json!([{
                "name": "N", "email": format!("new{turn}@example.org"), "password": super::PASSWORD,
            }]),
            "POST roles" => json!([{ "name": format!("Role {turn}"), "description": "" }]),
            _ => json!({ "department": format!("Engines {turn}") }),
        };
        keyed(&world, method, path, key).json(&body).send().await
    };
    let kept = async || {
        let settings = owner(&world, "GET", "application-settings").await.text;
        format!("{} {settings}", world.kept().await)
    };
    let lines =
        refusals_keep_nothing(&callers, &requests, async |_: &str| {}, send, kept, shaped).await;
    insta::assert_debug_snapshot!(lines);
}
