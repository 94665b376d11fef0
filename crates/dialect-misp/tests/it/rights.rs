//! Callers who may change what they may not read: refused before anything is kept, or answered.

use directory::{Line, NewKey, NewOrganisation, Permission, ROOT, Reach};
use serde_json::json;
use test_support::{everywhere, refusals_keep_nothing, words};

use super::{Client, shaped};
use crate::world;

#[tokio::test]
async fn a_refused_write_keeps_nothing() {
    use Permission::{
        CreateUsers, EditUsers, ManageKeys, ManageOrganisations, ManageRoles, ReadOrganisations,
        ReadRoles, ReadUsers,
    };
    let world = world().await;
    let (ada, _) = world.powerless("ada@example.org").await;
    let key = world.system().create_key(ada.id, NewKey::default()).await;
    let key = key.unwrap().key.id;
    let rows = [
        vec![ManageKeys],
        vec![ManageKeys, ReadUsers],
        vec![EditUsers],
        vec![EditUsers, ReadRoles],
        vec![EditUsers, ReadRoles, ReadUsers],
        vec![CreateUsers],
        vec![ManageOrganisations],
        vec![ManageOrganisations, ReadOrganisations],
        vec![ManageRoles],
    ];
    let mut callers = Vec::new();
    for (number, permissions) in rows.iter().enumerate() {
        let mut rights = everywhere(permissions);
        // What the dialect asks of every administrator; it opens nothing in the directory.
        for word in ["misp:perm_auth", "misp:perm_admin", "misp:perm_site_admin"] {
            rights.push((Line::word(word, Reach::All), ROOT));
        }
        let email = format!("caller{number}@example.org");
        callers.push((words(permissions), world.holder(&email, &rights).await.1));
    }
    // The answer of `users/edit` shows the home, which a key of another organisation does not see.
    let part = NewOrganisation {
        name: "Part".to_owned(),
        ..NewOrganisation::default()
    };
    let part = world.system().create_organisation(part).await.unwrap().id;
    let mut rights = everywhere(&[ReadRoles]);
    for word in ["misp:perm_auth", "misp:perm_admin"] {
        rights.push((Line::word(word, Reach::All), ROOT));
    }
    let (user, _) = world.holder("limited@example.org", &rights).await;
    let new = NewKey {
        organisation: Some(part),
        ..NewKey::default()
    };
    let limited = world.system().create_key(user.id, new).await.unwrap();
    callers.push(("roles.read by a key of a part".to_owned(), limited.secret));
    let paths = [
        format!("auth_keys/edit/{key}"),
        format!("auth_keys/add/{}", ada.id),
        format!("admin/users/edit/{}", ada.id),
        "users/edit".to_owned(),
        "admin/users/add".to_owned(),
        "admin/organisations/edit/1".to_owned(),
        "admin/organisations/add".to_owned(),
        "admin/roles/add".to_owned(),
    ];
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let send = async |path: &str, key: &str, turn: usize| {
        let text = format!("T{turn}");
        let body = match path {
            _ if path.starts_with("auth_keys") => json!({ "comment": text }),
            "admin/users/add" => json!({ "email": format!("{text}@example.org"), "role_id": 3 }),
            "users/edit" => {
                json!({ "gpgkey": "", "autoalert": turn % 2 == 1, "nids_sid": 4_000_000 + turn })
            }
            _ if path.starts_with("admin/users") => {
                json!({ "email": format!("{text}@example.org") })
            }
            "admin/roles/add" => json!({ "name": text }),
            _ => json!({ "name": text, "description": text }),
        };
        Client::new(&world, key).post(path, body).await
    };
    let kept = async || world.kept().await;
    let lines =
        refusals_keep_nothing(&callers, &paths, async |_: &str| {}, send, kept, shaped).await;
    insta::assert_debug_snapshot!(lines);
}
