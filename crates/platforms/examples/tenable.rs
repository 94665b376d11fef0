//! A person's whole life on a Tenable Identity Exposure server: made, found, changed, given a role, shut out, deleted.
//!
//! `TIE_URL` and `TIE_API_KEY` name the server and an administrator's key:
//! `cargo run --example tenable`. What it makes it takes away again, also when a step fails.

use usher_platforms::tenable::{IdentityExposure, NewUser, RoleId, UserChange, UserId};
use usher_platforms::{Change, Error, Result, Secret};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example says what it did")]
async fn main() -> Result<()> {
    let url = Secret::from_env("TIE_URL")?;
    let tie = IdentityExposure::builder(url.expose())
        .key(Secret::from_env("TIE_API_KEY")?)
        .build()?;
    for line in story(
        &tie,
        &format!("usher-live-{}@example.org", std::process::id()),
    )
    .await?
    {
        println!("{line}");
    }
    Ok(())
}

/// The story of an account with this address.
pub async fn story(tie: &IdentityExposure, email: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let version = tie.about().await?.version;
    let me = tie.whoami().await?;
    lines.push(format!("Identity Exposure {version}, as {}", me.email));

    let roles = tie.roles().await?;
    // One that administers no users.
    let plain = roles
        .iter()
        .find(|role| {
            let mut permissions = role.permissions.iter();
            permissions.all(|it| {
                !matches!(it.entity_name.as_str(), "user" | "role") || it.action == "read"
            })
        })
        .ok_or(Error::Config("no plain role".into()))?;
    lines.push(format!(
        "{} users, {} roles",
        tie.users().await?.len(),
        roles.len()
    ));

    let new = NewUser::new("Usher", email, "Cobalt-Lantern-73!")
        .surname("Live")
        .active(true);
    let made = tie.create_users(&[new]).await?;
    let id = made
        .first()
        .ok_or(Error::Config("the answer holds no user".into()))?
        .id;
    lines.push(format!("made {email}"));

    let lived = live(tie, id, email, plain.id, &mut lines).await;
    let deleted = tie.delete_user(id).await;
    lived?;
    deleted?;
    if !matches!(tie.user(id).await, Err(Error::NotFound(_))) {
        return Err(Error::Config(format!("{email} is still there")));
    }
    lines.push("deleted".to_owned());
    Ok(lines)
}

async fn live(
    tie: &IdentityExposure,
    id: UserId,
    email: &str,
    role: RoleId,
    lines: &mut Vec<String>,
) -> Result<()> {
    let missing = |what: &str| Error::Config(format!("{what} is not as it was made"));
    let found = tie.find_user(&email.to_uppercase()).await?;
    if found.is_none_or(|user| user.id != id) {
        return Err(missing("the user"));
    }
    lines.push("found by the whole address".to_owned());

    let change = UserChange::new()
        .department("Navy".to_owned())
        .surname(Change::Clear);
    let changed = tie.update_user(id, &change).await?;
    if changed.department.as_deref() != Some("Navy") || changed.surname.is_some() {
        return Err(missing("the department"));
    }
    lines.push("changed".to_owned());

    let roles = tie.set_user_roles(id, &[role]).await?;
    if roles != [role] || tie.user(id).await?.roles != [role] {
        return Err(missing("the role"));
    }
    lines.push(format!("given role {role}"));

    let inactive = tie
        .update_user(id, &UserChange::new().active(false))
        .await?;
    tie.set_user_roles(id, &[]).await?;
    if inactive.active || !tie.user(id).await?.roles.is_empty() {
        return Err(missing("the end"));
    }
    lines.push("shut out, and all roles taken away".to_owned());
    Ok(())
}
