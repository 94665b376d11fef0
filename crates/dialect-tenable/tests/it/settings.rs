//! The lock-out policy's and the application settings' documents.

use directory::MailSettings;
use serde_json::{Value, json};

use super::{PASSWORD, keyed, owner, owner_sends, person, role};
use crate::world;

#[tokio::test]
async fn as_they_stand_at_first() {
    let world = world().await;
    insta::assert_snapshot!(
        "lockout_policy",
        owner(&world, "GET", "lockout-policy").await.shown()
    );
    let settings = owner(&world, "GET", "application-settings").await;
    insta::assert_snapshot!("application_settings", settings.shown());
}

#[tokio::test]
async fn every_setting_reads_back() {
    let world = world().await;
    let mut whole = owner(&world, "GET", "application-settings").await.json();
    for (key, value) in [
        ("userRegistration", json!(true)),
        ("keepAuditLog", json!(false)),
        ("logRetentionPeriod", json!(300)),
        ("smtpServerAddress", json!("127.0.0.1")),
        ("smtpServerPort", json!(2525)),
        ("smtpAccount", json!("mailer")),
        ("smtpUseStartTLS", json!(false)),
        ("tls", json!(true)),
        ("emailSender", json!("tie@example.org")),
        ("defaultRoleIds", json!([1, 2])),
        ("defaultProfileId", json!(1)),
        ("internalCertificate", json!("-----BEGIN CERTIFICATE-----")),
        ("smtpServerAddress", json!(null)),
        ("smtpServerPort", json!(null)),
        ("smtpAccount", json!(null)),
        ("internalCertificate", json!(null)),
        ("defaultRoleIds", json!([])),
    ] {
        whole[key] = value.clone();
        let reply = owner_sends(
            &world,
            "PATCH",
            "application-settings",
            json!({ key: value }),
        )
        .await;
        assert_eq!((reply.status, reply.json()), (200, whole.clone()), "{key}");
        let again = owner(&world, "GET", "application-settings").await.json();
        assert_eq!(again, whole, "{key}");
    }
    // The whole written back changes nothing.
    let reply = owner_sends(&world, "PATCH", "application-settings", whole.clone()).await;
    assert_eq!(reply.json(), whole);
}

#[tokio::test]
async fn mail_goes_out_by_them_at_once() {
    let world = world().await;
    let change = json!({
        "smtpServerAddress": "mail.example.org", "smtpServerPort": 465, "smtpAccount": "mailer",
        "smtpAccountPassword": "Smtp-Canary-4711", "smtpUseStartTLS": false, "tls": true,
        "emailSender": "tie@example.org",
    });
    let reply = owner_sends(&world, "PATCH", "application-settings", change).await;
    assert!(!reply.text.contains("Canary"), "{reply:?}");
    insta::assert_snapshot!("application_settings_changed", reply.shown());
    let change = json!({ "failedAttemptThreshold": 5 });
    let policy = owner_sends(&world, "PATCH", "lockout-policy", change).await;
    insta::assert_snapshot!("lockout_policy_changed", policy.shown());
    let mask = reply.json()["smtpAccountPassword"].clone();
    assert!(mask.is_string());
    let mail = world.directory.setting::<MailSettings>().await.unwrap();
    assert_eq!(
        (mail.server.as_deref(), mail.port, mail.account.as_deref()),
        (Some("mail.example.org"), Some(465), Some("mailer"))
    );
    assert_eq!(
        (mail.start_tls, mail.tls, mail.sender.as_str()),
        (false, true, "tie@example.org")
    );
    let password = async || world.directory.mail_password().await.unwrap();
    assert_eq!(password().await.as_deref(), Some("Smtp-Canary-4711"));
    // The mask sent back leaves it, null takes it away.
    owner_sends(
        &world,
        "PATCH",
        "application-settings",
        json!({ "smtpAccountPassword": mask }),
    )
    .await;
    assert_eq!(password().await.as_deref(), Some("Smtp-Canary-4711"));
    owner_sends(
        &world,
        "PATCH",
        "application-settings",
        json!({ "smtpAccountPassword": null }),
    )
    .await;
    assert_eq!(password().await, None);
}

#[tokio::test]
async fn what_is_out_of_bounds_changes_nothing() {
    let world = world().await;
    for (path, change) in [
        ("lockout-policy", json!({ "failedAttemptThreshold": 0 })),
        ("lockout-policy", json!({ "failedAttemptThreshold": 51 })),
        ("lockout-policy", json!({ "lockoutDuration": -1 })),
        ("lockout-policy", json!({ "failedAttemptPeriod": 1e30 })),
        ("lockout-policy", json!({ "enabled": null })),
        ("lockout-policy", json!({ "enabled": true, "more": 1 })),
        ("application-settings", json!({ "smtpServerPort": 0 })),
        ("application-settings", json!({ "smtpServerPort": 65_536 })),
        ("application-settings", json!({ "smtpServerAddress": 5 })),
        ("application-settings", json!({ "emailSender": "nobody" })),
        ("application-settings", json!({ "emailSender": null })),
        ("application-settings", json!({ "defaultRoleIds": [999] })),
        ("application-settings", json!({ "defaultProfileId": 2 })),
        ("application-settings", json!({ "telemetryEnabled": true })),
        ("application-settings", json!([])),
    ] {
        let before = owner(&world, "GET", path).await.text;
        let mut change = change;
        if path == "application-settings" && change.is_object() {
            change["tls"] = json!(true);
        }
        let reply = owner_sends(&world, "PATCH", path, change.clone()).await;
        assert_eq!(reply.status, 400, "{path} {change}: {reply:?}");
        assert_eq!(
            owner(&world, "GET", path).await.text,
            before,
            "{path} {change}"
        );
    }
}

#[tokio::test]
async fn a_change_is_made_whole_or_not_at_all() {
    let world = world().await;
    let wanted = role(
        &world,
        "Settings",
        &[("application-settings", "edit", None, false)],
    )
    .await;
    let (_, key) = person(&world, "ada@example.org", &[wanted]).await;
    let before = world.state().await;
    // Last of all it turns out that the administrator's role is not this caller's to give away.
    let change = json!({
        "logRetentionPeriod": 30, "userRegistration": true, "defaultRoleIds": [1],
    });
    let send = async |change: &Value| {
        let call = keyed(&world, "PATCH", "application-settings", &key).json(change);
        call.send().await
    };
    let reply = send(&change).await;
    assert_eq!(reply.status, 403, "{reply:?}");
    assert_eq!(world.state().await, before);
    // What they are anyway is no giving away.
    let mut echo = change;
    echo["defaultRoleIds"] = json!([2]);
    let reply = send(&echo).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["logRetentionPeriod"], 30);
}

#[tokio::test]
async fn newcomers_get_the_default_roles() {
    let world = world().await;
    let extra = role(&world, "Extra", &[("user", "read", None, true)]).await;
    let change = json!({ "defaultRoleIds": [extra, 2] });
    assert_eq!(
        owner_sends(&world, "PATCH", "application-settings", change)
            .await
            .status,
        200
    );
    let new = json!([{ "name": "N", "email": "n@example.org", "password": PASSWORD }]);
    let made = owner_sends(&world, "POST", "users", new).await.json();
    assert_eq!(made[0]["roles"], json!([2, extra]));
    let shown = owner(&world, "GET", "roles/user-creation-defaults")
        .await
        .json();
    let ids: Vec<&Value> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|role| &role["id"])
        .collect();
    assert_eq!(ids, [&json!(extra), &json!(2)]);
}

#[tokio::test]
async fn each_has_its_own_permission() {
    let world = world().await;
    let mut seen = Vec::new();
    let kinds: [(&str, &str); 4] = [
        ("lockout-policy", "read"),
        ("lockout-policy", "edit"),
        ("application-settings", "read"),
        ("application-settings", "edit"),
    ];
    for (number, (entity, action)) in kinds.into_iter().enumerate() {
        let wanted = role(
            &world,
            &format!("R{number}"),
            &[(entity, action, None, false)],
        )
        .await;
        let (_, key) = person(&world, &format!("p{number}@example.org"), &[wanted]).await;
        let mut row = vec![format!("{entity}.{action}")];
        for (method, path, body) in [
            ("GET", "lockout-policy", json!(null)),
            ("PATCH", "lockout-policy", json!({})),
            ("GET", "application-settings", json!(null)),
            ("PATCH", "application-settings", json!({})),
        ] {
            let call = keyed(&world, method, path, &key);
            let call = if body.is_null() {
                call
            } else {
                call.json(&body)
            };
            row.push(call.send().await.status.to_string());
        }
        seen.push(row.join(" "));
    }
    assert_eq!(
        seen,
        [
            "lockout-policy.read 200 403 403 403",
            "lockout-policy.edit 200 200 403 403",
            "application-settings.read 403 403 200 403",
            "application-settings.edit 403 403 200 200",
        ]
    );
}
