//! Every member that is shown of users, organisations, roles, keys and settings, sent back as nothing: absent or
//! `null` it changes nothing; an empty text takes away what may be empty, is "off" for a flag as a form sends it, is
//! refused where it cannot be a value, and changes nothing else. A password that is not given is none.

use serde_json::{Map, Value, json};

use super::Client;
use crate::world;
use test_support::World;

/// Something that is edited: where it is shown and changed, and what an empty text does to its members.
struct Edited {
    what: &'static str,
    model: &'static str,
    view: String,
    edit: String,
    /// Members that an empty text takes away or turns off.
    cleared: &'static [&'static str],
    /// Members for which an empty text is refused.
    refused: &'static [&'static str],
    /// Members that are written and not shown.
    hidden: &'static [&'static str],
}

/// Members that any accepted change moves.
const MOVED: &[&str] = &["date_modified", "modified"];

async fn shown(client: &Client<'_>, edited: &Edited) -> Map<String, Value> {
    let reply = client.get(&edited.view).await;
    assert_eq!(reply.status, 200, "{}: {}", edited.view, reply.text);
    let mut shown = reply.json()[edited.model].as_object().unwrap().clone();
    shown.retain(|name, _| !MOVED.contains(&name.as_str()));
    shown
}

/// The members that differ.
fn differing(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let changed = before
        .iter()
        .filter(|(name, value)| after.get(*name) != Some(value));
    changed.map(|(name, _)| name.clone()).collect()
}

async fn everything(world: &World) -> Vec<Edited> {
    let admin = Client::new(world, &world.key);
    let organisation = json!({
        "name": "Branch", "description": "one", "type": "CSIRT", "nationality": "FR", "sector": "Energy",
        "contacts": "desk@example.org", "restricted_to_domain": ["example.org"], "local": true,
    });
    let made = admin.post("admin/organisations/add", organisation).await;
    let organisation = made.json()["Organisation"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let user = json!({
        "email": "ada@example.org", "org_id": organisation, "role_id": 3, "password": "tangerine umbrella 42",
        "autoalert": true, "contactalert": true, "termsaccepted": true, "change_pw": true, "disabled": false,
        "gpgkey": "", "nids_sid": "4711", "newsread": 5, "notification_daily": true, "notification_weekly": true,
        "notification_monthly": true,
    });
    let made = admin.post("admin/users/add", user).await;
    let user = made.json()["User"]["id"].as_str().unwrap().to_owned();
    let role = json!({
        "name": "Everything", "permission": "3", "perm_auth": true, "perm_tagger": true, "perm_audit": true,
        "memory_limit": "512M", "max_execution_time": "30", "enforce_rate_limit": true, "rate_limit_count": "5",
    });
    let made = admin.post("admin/roles/add", role).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let role = made.json()["Role"]["id"].as_str().unwrap().to_owned();
    let key = json!({
        "comment": "ci", "expiration": "2031-01-01", "allowed_ips": ["10.0.0.0/8"], "read_only": true,
    });
    let made = admin.post(&format!("auth_keys/add/{user}"), key).await;
    let key = made.json()["AuthKey"]["id"].as_str().unwrap().to_owned();
    vec![
        Edited {
            what: "user",
            model: "User",
            view: format!("admin/users/view/{user}"),
            edit: format!("admin/users/edit/{user}"),
            cleared: &[
                "autoalert",
                "contactalert",
                "termsaccepted",
                "change_pw",
                "notification_daily",
                "notification_weekly",
                "notification_monthly",
            ],
            refused: &["org_id"],
            hidden: &["password", "authkey", "notify"],
        },
        Edited {
            what: "organisation",
            model: "Organisation",
            view: format!("organisations/view/{organisation}"),
            edit: format!("admin/organisations/edit/{organisation}"),
            cleared: &[
                "description",
                "type",
                "nationality",
                "sector",
                "contacts",
                "local",
                "restricted_to_domain",
            ],
            refused: &["name"],
            hidden: &["logo"],
        },
        Edited {
            what: "role",
            model: "Role",
            view: format!("roles/view/{role}"),
            edit: format!("admin/roles/edit/{role}"),
            cleared: &[
                "perm_auth",
                "perm_tagger",
                "perm_audit",
                "enforce_rate_limit",
                "memory_limit",
                "max_execution_time",
            ],
            refused: &["name"],
            hidden: &[],
        },
        Edited {
            what: "key",
            model: "AuthKey",
            view: format!("auth_keys/view/{key}"),
            edit: format!("auth_keys/edit/{key}"),
            cleared: &["comment", "allowed_ips", "read_only", "expiration"],
            refused: &[],
            hidden: &["authkey"],
        },
    ]
}

#[tokio::test]
async fn what_is_absent_or_null_changes_nothing() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    for edited in everything(&world).await {
        let before = shown(&admin, &edited).await;
        let mut bodies = vec![json!({}), json!({ edited.model: {} }), json!(null)];
        let hidden = edited.hidden.iter().map(|name| (*name).to_owned());
        for name in before.keys().cloned().chain(hidden) {
            bodies.push(json!({ name.clone(): null }));
            bodies.push(json!({ edited.model: { name: null } }));
        }
        for body in bodies {
            let reply = admin.post(&edited.edit, body.clone()).await;
            assert_eq!(reply.status, 200, "{} {body}: {}", edited.what, reply.text);
            let after = shown(&admin, &edited).await;
            assert_eq!(
                differing(&before, &after),
                Vec::<String>::new(),
                "{} {body}",
                edited.what
            );
        }
    }
}

#[tokio::test]
async fn an_empty_text_takes_away_what_may_be_empty_and_nothing_else() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let mut wrong = Vec::new();
    for edited in everything(&world).await {
        let whole = shown(&admin, &edited).await;
        let names = whole.keys().cloned();
        let hidden = edited.hidden.iter().map(|name| (*name).to_owned());
        for name in names.chain(hidden) {
            let before = shown(&admin, &edited).await;
            let reply = admin.post(&edited.edit, json!({ name.clone(): "" })).await;
            let after = shown(&admin, &edited).await;
            let changed = differing(&before, &after);
            let refused = edited.refused.contains(&name.as_str());
            let expected: Vec<String> = match edited.cleared.contains(&name.as_str()) {
                true => vec![name.clone()],
                false => Vec::new(),
            };
            if changed != expected || (reply.status != 200) != refused {
                wrong.push(format!(
                    "{} {name}: {} changed {changed:?} from {:?} to {:?}",
                    edited.what,
                    reply.status,
                    before.get(&name),
                    after.get(&name)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An empty password is no password: none is set by it, none is guessed by it, and keys and sessions stay.
#[tokio::test]
async fn an_empty_password_is_none() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let (id, key) = admin
        .user(
            "ada@example.org",
            json!({ "password": "tangerine umbrella 42" }),
        )
        .await;
    let own = Client::new(&world, &key);
    let before = admin.get(&format!("admin/users/view/{id}")).await.json();
    for value in [json!(""), json!("   "), json!(null), json!("*****")] {
        for name in ["password", "confirm_password"] {
            let body = json!({ name: value });
            let path = format!("admin/users/edit/{id}");
            let reply = admin.post(&path, body.clone()).await;
            let blank = name == "password" && value == "   ";
            assert_eq!(
                reply.status,
                if blank { 403 } else { 200 },
                "{body}: {}",
                reply.text
            );
            own.post("users/edit/me", body.clone()).await;
            let reply = own.post("users/change_pw", body.clone()).await;
            assert_ne!(reply.json()["message"], "Password Changed.", "{body}");
        }
    }
    let after = admin.get(&format!("admin/users/view/{id}")).await.json();
    assert_eq!(
        before["User"]["last_pw_change"],
        after["User"]["last_pw_change"]
    );
    assert_eq!(own.get("users/view/me").await.status, 200);
}

/// Settings of users and of the server, registrations and the block list: an empty or absent value is refused or
/// kept as one, and takes nothing else away.
#[tokio::test]
async fn settings_and_registrations_without_values() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let set = json!({ "setting": "homepage", "value": { "path": "/x" } });
    assert_eq!(admin.post("userSettings/setSetting", set).await.status, 200);
    let kept = admin.post("userSettings/index", json!({})).await.text;
    for (path, body) in [
        ("userSettings/setSetting", json!({})),
        (
            "userSettings/setSetting",
            json!({ "setting": "", "value": "x" }),
        ),
        (
            "userSettings/setSetting",
            json!({ "setting": null, "value": "x" }),
        ),
        ("userSettings/setSetting", json!({ "setting": "homepage" })),
        (
            "userSettings/setSetting",
            json!({ "setting": "homepage", "value": null }),
        ),
        ("userSettings/delete", json!({})),
        ("userSettings/delete", json!({ "setting": "" })),
        ("userSettings/delete", json!({ "setting": null })),
        (
            "servers/serverSettingsEdit/Security.allow_self_registration",
            json!({}),
        ),
        (
            "servers/serverSettingsEdit/Security.allow_self_registration",
            json!({ "value": null }),
        ),
        (
            "servers/serverSettingsEdit/Security.password_policy_length",
            json!({ "value": "" }),
        ),
        ("orgBlocklists/add", json!({})),
        ("orgBlocklists/add", json!({ "uuids": [] })),
        ("orgBlocklists/add", json!({ "uuids": "" })),
        ("users/acceptRegistrations/", json!({})),
        ("users/discardRegistrations/", json!({})),
        ("admin/users/massToggleField/disabled/1", json!({})),
        (
            "admin/users/massToggleField/disabled/1",
            json!({ "User": { "user_ids": "" } }),
        ),
        (
            "admin/users/massToggleField/disabled/1",
            json!({ "User": { "user_ids": "[]" } }),
        ),
    ] {
        let before = world.state().await;
        let reply = admin.post(path, body.clone()).await;
        assert!(reply.status < 500, "{path} {body}: {}", reply.text);
        assert_eq!(world.state().await, before, "{path} {body}: {}", reply.text);
    }
    let after = admin.post("userSettings/index", json!({})).await.text;
    assert_eq!(after, kept);
}
