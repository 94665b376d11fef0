//! The whole life of an account at CrowdStrike Falcon: made, found, renamed, granted a role, put into a group, deleted; and an API
//! client beside it, since keys belong to the customer there.
//!
//! `FALCON_CLIENT_ID` and `FALCON_CLIENT_SECRET` name the API client: `cargo run --example falcon`. `FALCON_BASE_URL` is the address
//! of the API, or the name of a cloud (`us-2`); without it the cloud is found. What it makes it takes away again, also when a step
//! fails.

use std::time::Duration;

use usher_platforms::falcon::{
    Cid, Falcon, Grant, GrantQuery, Names, NewApiClient, NewGroup, NewUser, RoleId, RoleQuery,
    RolesAction, UserQuery, Uuid, fql,
};
use usher_platforms::{Error, Result, Secret};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example says what it did")]
async fn main() -> Result<()> {
    let id = Secret::from_env("FALCON_CLIENT_ID")?;
    let cloud = std::env::var("FALCON_BASE_URL").unwrap_or_else(|_| "auto".to_owned());
    let falcon = Falcon::builder(cloud)
        .api_client(id.expose(), Secret::from_env("FALCON_CLIENT_SECRET")?)
        .build()?;
    let address = format!("usher-live-{}@example.org", std::process::id());
    let lines = story(&falcon, &address).await;
    falcon.close().await?;
    for line in lines? {
        println!("{line}");
    }
    Ok(())
}

/// The story of an account with this address.
pub async fn story(falcon: &Falcon, address: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let cid = falcon.ccid().await?;
    let users = falcon.query_users(&UserQuery::new()).all().await?;
    lines.push(format!("customer {cid} with {} users", users.len()));

    let new = NewUser::new(address).first_name("Ana").last_name("Lima");
    falcon.validate_user(&new).await?;
    let user = falcon.create_user_mssp(&new).await?.uuid;
    lines.push(format!("made {address}"));

    let lived = live(falcon, &cid, &user, address, &mut lines).await;
    let deleted = falcon.delete_user_mssp(&user).await;
    lived?;
    deleted?;
    if falcon.find_user(address).await?.is_some() {
        return Err(missing("the end"));
    }
    // No call disables an account: deleting it is the one way to shut it out.
    lines.push("deleted".to_owned());
    Ok(lines)
}

fn missing(what: &str) -> Error {
    Error::Config(format!("{what} is not as it was made"))
}

async fn live(
    falcon: &Falcon,
    cid: &Cid,
    user: &Uuid,
    address: &str,
    lines: &mut Vec<String>,
) -> Result<()> {
    let names = Names::new().first_name("Ana").last_name("Lima-Cruz");
    falcon.update_user_mssp(user, &names).await?;
    let found = falcon.find_user(&address.to_uppercase()).await?;
    let found = found.filter(|found| found.uuid == *user && found.last_name == "Lima-Cruz");
    found.ok_or_else(|| missing("the user"))?;
    lines.push("found by the whole address, with another name".to_owned());

    let grantable = RoleQuery::new().cid(cid).user(user.clone());
    let roles = falcon.query_roles(&grantable).await?;
    let viewer = roles.iter().find(|role| role.as_str() == "event_viewer");
    let role = viewer
        .or(roles.first())
        .ok_or_else(|| Error::Config("no role can be granted".to_owned()))?;
    let one = std::slice::from_ref(role);
    falcon
        .user_roles_action(RolesAction::Grant, cid, user, one, None)
        .await?;
    seen(falcon, cid, user, role, true).await?;
    lines.push(format!("granted {role}"));
    falcon
        .user_roles_action(RolesAction::Revoke, cid, user, one, None)
        .await?;
    seen(falcon, cid, user, role, false).await?;
    lines.push(format!("revoked {role}"));

    join(falcon, user, address, lines).await?;
    key(falcon, address, lines).await
}

/// Waits until a grant shows, or does not show any more: reading may lag up to 90 seconds behind.
async fn seen(falcon: &Falcon, cid: &Cid, user: &Uuid, role: &RoleId, held: bool) -> Result<()> {
    let query = GrantQuery::new()
        .cid(cid)
        .direct_only(true)
        .filter(fql::equals("role_id", role))
        .v2();
    for _ in 0..12 {
        let grants = falcon.get_user_grants(user, &query).all().await?;
        if grants.iter().any(Grant::is_direct) == held {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    Err(missing("the grant"))
}

/// A group for one; not every customer has groups.
async fn join(falcon: &Falcon, user: &Uuid, name: &str, lines: &mut Vec<String>) -> Result<()> {
    let group = match falcon.create_user_group(&NewGroup::new(name)).await {
        Ok(group) => [group.user_group_id],
        Err(Error::Forbidden(_)) => {
            lines.push("groups are not for this API client".to_owned());
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let one = std::slice::from_ref(user);
    let joined = falcon.add_user_group_members(&group[0], one).await;
    let members = falcon.get_user_group_members(&group).await;
    falcon.delete_user_groups(&group).await?;
    joined?;
    if !members?.iter().any(|it| it.user_uuids.contains(user)) {
        return Err(missing("the membership"));
    }
    lines.push("joined a group, which is gone again".to_owned());
    Ok(())
}

/// An API client that may read one thing; not every API client may make others.
async fn key(falcon: &Falcon, name: &str, lines: &mut Vec<String>) -> Result<()> {
    let scopes = match falcon.get_accessible_scopes().await {
        Ok(scopes) => scopes,
        Err(Error::Forbidden(_)) => {
            lines.push("API clients are not for this one to make".to_owned());
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let Some(scope) = scopes.iter().find(|scope| scope.id.ends_with("read")) else {
        return Ok(());
    };
    let new = NewApiClient::new(name, [scope.id.as_str()]).description("usher-live");
    let made = falcon.create_api_client(&new).await?;
    falcon.delete_api_clients(&[made.client.id]).await?;
    lines.push("made an API client, which is gone again".to_owned());
    Ok(())
}
