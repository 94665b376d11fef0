//! The whole life of an account at Civis Platform: made, found, changed, put into a group, given a key, shut out.
//!
//! `CIVIS_API_KEY` is an administrator's key: `cargo run --example civis`. `CIVIS_API_ENDPOINT` names another address than the
//! platform's own. No call deletes an account, so it stays there, deactivated and without a key, also when a step fails.

use usher_platforms::civis::{
    AccountFilter, AccountStatus, Civis, Constraint, GroupQuery, KeyOwner, KeyQuery, NewApiKey,
    NewUser, PLATFORM, Permission, RoleQuery, UserChange, UserId, UserQuery,
};
use usher_platforms::{Error, Result, Secret};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example says what it did")]
async fn main() -> Result<()> {
    let address = std::env::var("CIVIS_API_ENDPOINT").unwrap_or_else(|_| PLATFORM.to_owned());
    let civis = Civis::builder(address)
        .key(Secret::from_env("CIVIS_API_KEY")?)
        .build()?;
    let email = format!("usher-live-{}@example.org", std::process::id());
    for line in story(&civis, &email).await? {
        println!("{line}");
    }
    Ok(())
}

/// The story of an account with this address.
pub async fn story(civis: &Civis, email: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let me = civis.me().await?;
    lines.push(format!("as {}, with the roles {:?}", me.username, me.roles));
    let everyone = UserQuery::new()
        .account_status(AccountFilter::All)
        .exclude_groups(true);
    let users = civis.list_users(&everyone).all().await?;
    let roles = civis.list_roles(&RoleQuery::new()).all().await?;
    lines.push(format!("{} users, {} roles", users.len(), roles.len()));

    let group = me
        .primary_group_id
        .ok_or_else(|| Error::Config("the key's owner has no primary group".to_owned()))?;
    let login = email.split('@').next().unwrap_or(email);
    let new = NewUser::new("Ana Lima", email, group, login);
    let user = civis.create_user(&new).await?.id;
    lines.push(format!("made {email}"));

    let lived = live(civis, user, email, login, &mut lines).await;
    let left = leave(civis, user).await;
    lived?;
    left?;
    lines.push("deactivated, and all keys revoked: no call deletes it".to_owned());
    Ok(lines)
}

fn missing(what: &str) -> Error {
    Error::Config(format!("{what} is not as it was made"))
}

async fn live(
    civis: &Civis,
    user: UserId,
    email: &str,
    login: &str,
    lines: &mut Vec<String>,
) -> Result<()> {
    let found = civis.find_users(&email.to_uppercase()).await?;
    let by_login = civis.find_login(login).await?;
    if !found.iter().any(|found| found.id == user) || by_login.map(|it| it.id) != Some(user) {
        return Err(missing("the user"));
    }
    lines.push("found by the whole address, and by the login".to_owned());

    let change = UserChange::new()
        .title("Analyst")
        .time_zone("Europe/Lisbon");
    let changed = civis.update_user(user, &change).await?;
    if changed.title.as_deref() != Some("Analyst") {
        return Err(missing("the title"));
    }
    lines.push("given a title".to_owned());

    let manageable = GroupQuery::new().permission(Permission::Manage);
    let groups = civis.list_groups(&manageable).all().await?;
    let home = changed.groups.first().and_then(|it| it.organization_id);
    let other = groups.iter().find(|group| {
        let plain = group.organization_id == home && !group.slug.contains("admins");
        plain && Some(group.id) != changed.primary_group_id
    });
    if let Some(group) = other {
        let joined = civis.add_group_member(group.id, user).await?;
        if !joined.members.iter().any(|member| member.id == user) {
            return Err(missing("the membership"));
        }
        civis.remove_group_member(group.id, user).await?;
        lines.push(format!(
            "joined and left {}, with the roles {:?}",
            joined.name, joined.role_ids
        ));
    }

    let new =
        NewApiKey::new("usher-live", 3600).constraint(Constraint::exact("users/me").reading());
    match civis.create_api_key(user, &new).await {
        Ok(made) => lines.push(format!("gave key {}", made.key.id)),
        Err(Error::Forbidden(_)) => lines.push("keys of others are not for this key".to_owned()),
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn leave(civis: &Civis, user: UserId) -> Result<()> {
    civis
        .update_user(user, &UserChange::new().active(false))
        .await?;
    civis.delete_sessions(user).await?;
    let keys = || civis.list_api_keys(KeyOwner::User(user), &KeyQuery::new());
    for key in keys().all().await?.iter().filter(|key| key.active) {
        civis.revoke_api_key(user, key.id).await?;
    }
    let gone = civis.user(user).await?;
    let shut = !gone.active && gone.account_status == Some(AccountStatus::Deactivated);
    if !shut || keys().all().await?.iter().any(|key| key.active) {
        return Err(missing("the end"));
    }
    Ok(())
}
