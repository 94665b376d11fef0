//! A person's whole life on an OpenCTI server: made, found, put into a group, given a token, shut out, deleted.
//!
//! `OPENCTI_URL` and `OPENCTI_TOKEN` name the server and an administrator's token:
//! `cargo run --example opencti`. What it makes it takes away again, also when a step fails.

use usher_platforms::opencti::{
    AccountStatus, Edit, Group, ListQuery, NewUser, OpenCti, TokenLife, UserId, UserQuery,
};
use usher_platforms::{Error, Result, Secret};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example says what it did")]
async fn main() -> Result<()> {
    let url = Secret::from_env("OPENCTI_URL")?;
    let opencti = OpenCti::builder(url.expose())
        .token(Secret::from_env("OPENCTI_TOKEN")?)
        .build()?;
    let address = format!("usher-live-{}@example.org", std::process::id());
    // Its future holds that of every operation in turn, and is too large for the stack of the one that waits.
    for line in Box::pin(story(&opencti, &address)).await? {
        println!("{line}");
    }
    Ok(())
}

/// The story of an account with this address.
pub async fn story(opencti: &OpenCti, email: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let version = opencti.about().await?.version;
    let me = opencti.me().await?;
    lines.push(format!("OpenCTI {version}, as {}", me.name));

    let groups = opencti.groups(&ListQuery::new()).all().await?;
    // One that permits little: it is given and taken away.
    let plain = |group: &&Group| {
        let mut capabilities = group.roles.iter().flat_map(|role| &role.capabilities);
        capabilities.all(|it| it.name != "BYPASS" && !it.name.starts_with("SETTINGS"))
    };
    // A default group takes people of any organization.
    let group = groups
        .iter()
        .filter(plain)
        .max_by_key(|group| group.default_assignation)
        .ok_or(Error::Config("no plain group".into()))?;
    let mut pages = opencti
        .select("id")
        .list_users(&UserQuery::new().page_size(100));
    pages.next_page().await?;
    lines.push(format!(
        "{} users, {} groups",
        pages.total().unwrap_or_default(),
        groups.len()
    ));

    let new = NewUser::new("Usher Live", email)
        .firstname("Usher")
        .lastname("Live");
    let made = opencti.create_user(&new).await?;
    lines.push(format!("made {email}"));

    let lived = live(opencti, &made.id, email, group, &mut lines).await;
    let deleted = opencti.delete_user(&made.id).await;
    lived?;
    deleted?;
    if opencti.read_user(&made.id).await?.is_some() {
        return Err(Error::Config(format!("{email} is still there")));
    }
    lines.push("deleted".to_owned());
    Ok(lines)
}

async fn live(
    opencti: &OpenCti,
    id: &UserId,
    email: &str,
    group: &Group,
    lines: &mut Vec<String>,
) -> Result<()> {
    let missing = |what: &str| Error::Config(format!("{what} is not as it was made"));
    let found = opencti.find_user(&email.to_uppercase()).await?;
    if found.is_none_or(|user| user.id != *id) {
        return Err(missing("the user"));
    }
    lines.push("found by the whole address".to_owned());

    let changed = opencti
        .update_user(id, &[Edit::set("description", "made by a program")])
        .await?;
    if changed.description.as_deref() != Some("made by a program") {
        return Err(missing("the description"));
    }
    opencti.add_membership(id, &group.id).await?;
    let holds =
        |user: &usher_platforms::opencti::User| user.groups.iter().any(|it| it.id == group.id);
    let member = opencti
        .read_user(id)
        .await?
        .ok_or_else(|| missing("the user"))?;
    let left = opencti.delete_membership(id, &group.id).await?;
    if !holds(&member) || holds(&left) {
        return Err(missing("the membership"));
    }
    lines.push(format!("put into {} and taken out", group.name));

    let token = opencti
        .create_token(id, "usher-live", TokenLife::Days30)
        .await?;
    let tokens = |user: Option<usher_platforms::opencti::User>| {
        user.and_then(|user| user.api_tokens).unwrap_or_default()
    };
    let with = tokens(opencti.with_tokens().read_user(id).await?);
    opencti.remove_token(id, &token.id).await?;
    let without = tokens(opencti.with_tokens().read_user(id).await?);
    if !with.iter().any(|it| it.id == token.id) || without.iter().any(|it| it.id == token.id) {
        return Err(missing("the token"));
    }
    lines.push("gave a token and revoked it".to_owned());

    let inactive = opencti
        .update_user(id, &[Edit::status(&AccountStatus::Inactive)])
        .await?;
    opencti.user_sessions_kill(id).await?;
    if inactive.account_status != Some(AccountStatus::Inactive) {
        return Err(missing("the status"));
    }
    lines.push("switched off, and all sessions ended".to_owned());
    Ok(())
}
