//! Secrets are shown once and stored nowhere: neither in the database nor in what is printed.

use std::fmt::Debug;
use std::path::PathBuf;

use directory::{
    Branding, NewKey, NewPassword, SessionKind, SessionRequest, SettingsChange, StoreLocation,
    UserChange,
};

use crate::support::{OWNER, OWNER_EMAIL, OWNER_PASSWORD, TOY, World, from, world_at};

/// Uses every kind of secret and tells them all.
async fn used(world: &World) -> Vec<String> {
    let mut secrets = vec![OWNER_PASSWORD.to_owned()];
    let mut keep = |secret: &str, shown: &dyn Debug| {
        assert!(!format!("{shown:?}").contains(secret), "{shown:?}");
        secrets.push(secret.to_owned());
    };
    let system = world.system();
    let ada = world
        .person_with_password("ada@example.org", "canary tangerine 1")
        .await;
    keep("canary tangerine 1", &ada);
    let chosen = NewPassword::MustChange("canary tangerine 2".to_owned());
    keep("canary tangerine 2", &chosen);
    system.set_password(ada.id, chosen).await.unwrap();
    let key = system.create_key(ada.id, NewKey::default()).await.unwrap();
    keep(&key.secret, &key);
    let caller = world.caller(&key.secret).await.unwrap();
    keep(&key.secret, &caller);
    let handle = world.directory.act(&caller);
    keep(&key.secret, &handle);
    let fresh = world
        .sign_in("ada@example.org", "canary tangerine 2")
        .await
        .unwrap();
    keep(&fresh.secret, &fresh);
    let token = world
        .directory
        .mint_token(&caller, None, None)
        .await
        .unwrap();
    keep(&token.secret, &token);
    world
        .sign_in("ada@example.org", "canary wrong")
        .await
        .unwrap_err();
    keep("canary wrong", &"");
    let request = SessionRequest::of(SessionKind::Bearer);
    let misplaced = world.directory.sign_in(
        TOY,
        "canary as a name",
        "x",
        None,
        request,
        from("192.0.2.1"),
    );
    misplaced.await.unwrap_err();
    keep("canary as a name", &"");
    let factor = handle.begin_second_factor(None).await.unwrap();
    keep(&factor.secret, &factor);
    let wrong = handle
        .change_own_password(Some("canary old"), "canary tangerine 3")
        .await;
    keep("canary old", &wrong);
    handle
        .change_own_password(None, "canary tangerine 3")
        .await
        .unwrap();
    keep("canary tangerine 3", &"");
    let change = UserChange {
        request_email: Some("new@example.org".to_owned()),
        ..UserChange::default()
    };
    handle.update_own_profile(change).await.unwrap();
    world
        .directory
        .request_password_reset("ada@example.org", TOY, from("192.0.2.1"))
        .await
        .unwrap();
    let mails = world.directory.due_mail(10).await.unwrap();
    let mut tokens = 0;
    for mail in &mails {
        if let Some(token) = mail.values["token"].as_str() {
            keep(token, mail);
            tokens += 1;
        }
    }
    assert_eq!(tokens, 2);
    let owner = world.as_user(OWNER).await;
    owner
        .change_settings(
            SettingsChange::default().mail_password(Some("canary of the mail account".to_owned())),
        )
        .await
        .unwrap();
    keep("canary of the mail account", &owner);
    // Something that is stored, so that the search is seen to find what there is.
    let face = Branding {
        title: Some("canary in the open".to_owned()),
        ..Branding::default()
    };
    owner.change_setting(face).await.unwrap();
    secrets
}

#[tokio::test]
async fn sqlite_holds_no_secret() {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("usher-secrets-{}", std::process::id()));
    let world = world_at(StoreLocation::Folder(folder.clone())).await;
    let secrets = used(&world).await;
    world.directory.flush_uses().await.unwrap();
    world.end().await;
    let mut stored = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap_or_default());
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let holds = |text: &str| {
        stored
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds("canary in the open") && holds(OWNER_EMAIL));
    for secret in secrets {
        assert!(!holds(&secret), "{secret}");
    }
}

#[tokio::test]
async fn postgres_holds_no_secret() {
    let world = crate::support::postgres_world().await;
    let secrets = used(&world).await;
    let stored = world.dump().await;
    assert!(stored.contains("canary in the open") && stored.contains(OWNER_EMAIL));
    for secret in secrets {
        assert!(!stored.contains(&secret), "{secret}");
        let bytes: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!stored.contains(&bytes), "{secret} as bytes");
    }
    world.end().await;
}
