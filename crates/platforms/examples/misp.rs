//! A person's whole life on a MISP server: made, found, changed, given a key, shut out, deleted.
//!
//! `MISP_URL` and `MISP_KEY` name the server and an administrator's key:
//! `cargo run --example misp`. What it makes it takes away again, also when a step fails.

use usher_platforms::misp::{Misp, NewAuthKey, NewUser, UserChange, UserId, UserQuery, UserRef};
use usher_platforms::{Error, Result, Secret};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example says what it did")]
async fn main() -> Result<()> {
    let url = Secret::from_env("MISP_URL")?;
    let misp = Misp::builder(url.expose())
        .key(Secret::from_env("MISP_KEY")?)
        .build()?;
    for line in story(
        &misp,
        &format!("usher-live-{}@example.org", std::process::id()),
    )
    .await?
    {
        println!("{line}");
    }
    Ok(())
}

/// The story of an account with this address.
pub async fn story(misp: &Misp, email: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let version = misp.version().await?;
    let me = misp.get_user(UserRef::Me).await?;
    lines.push(format!("MISP {}, as {}", version.version, me.user.email));

    // Two roles that administer nothing, for a change from one to the other.
    let roles = misp.roles().await?;
    let mut plain = roles.iter().filter(|role| {
        role.perm_auth && !role.perm_admin && !role.perm_site_admin && !role.perm_sync
    });
    let first = plain.next().ok_or(Error::Config("no plain role".into()))?;
    let second = plain.next().unwrap_or(first);
    let before = misp.users(&UserQuery::new()).await?.len();
    lines.push(format!("{before} users, {} roles", roles.len()));

    let new = NewUser::new(email)
        .organisation(me.user.org_id)
        .role(first.id);
    let added = misp.add_user(&new).await?;
    let id = added.user.id;
    lines.push(format!("added {email} as {}", first.name));

    let lived = live(misp, id, email, second.id, &mut lines).await;
    let deleted = misp.delete_user(id).await;
    lived?;
    deleted?;
    if misp.find_user(email).await?.is_some() {
        return Err(Error::Config(format!("{email} is still there")));
    }
    lines.push("deleted".to_owned());
    Ok(lines)
}

async fn live(
    misp: &Misp,
    id: UserId,
    email: &str,
    role: usher_platforms::misp::RoleId,
    lines: &mut Vec<String>,
) -> Result<()> {
    let missing = |what: &str| Error::Config(format!("{what} is not as it was made"));
    let found = misp.find_user(&email.to_uppercase()).await?;
    if found.map(|row| row.user.id) != Some(id) {
        return Err(missing("the user"));
    }
    lines.push("found by the whole address".to_owned());

    misp.update_user(id, &UserChange::new().autoalert(true))
        .await?;
    misp.set_user_role(id, role).await?;
    let view = misp.get_user_as_admin(id).await?;
    if view.role.id != role || !view.user.autoalert {
        return Err(missing("the role"));
    }
    lines.push(format!("made a {}", view.role.name));

    let key = NewAuthKey::new().comment("usher-live").read_only(true);
    let made = misp.add_auth_key(id, &key).await?;
    lines.push(format!("gave a key, {}…", made.key.authkey_start));

    misp.update_user(id, &UserChange::new().disabled(true))
        .await?;
    for key in misp.auth_keys(Some(id)).await? {
        misp.delete_auth_key(key.id).await?;
    }
    let view = misp.get_user_as_admin(id).await?;
    if !view.user.disabled || !misp.auth_keys(Some(id)).await?.is_empty() {
        return Err(missing("the end"));
    }
    lines.push("disabled, and all keys deleted".to_owned());
    Ok(())
}
