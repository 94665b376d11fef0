use serde_json::{Value, json};
use usher_platforms::misp::{
    Misp, NewAuthKey, NewOrganisation, NewUser, OrganisationChange, OrganisationQuery,
    OrganisationRef, OrganisationScope, User, UserChange, UserId, UserQuery, UserRef,
};
use usher_platforms::{Result, Secret};

use crate::{maybe, members, number, text};

fn shown(user: &User) -> Value {
    json!({
        "id": user.id, "org_id": user.org_id, "role_id": user.role_id, "email": user.email,
        "disabled": user.disabled,
    })
}

fn reference(args: &Value) -> UserRef {
    match args["id"].as_i64() {
        Some(id) => UserRef::Id(UserId(id)),
        None => UserRef::Me,
    }
}

fn organisation(args: &Value) -> OrganisationRef {
    match (args["id"].as_i64(), maybe(args, "uuid")) {
        (Some(id), _) => OrganisationRef::Id(id.into()),
        (None, Some(uuid)) => OrganisationRef::Uuid(uuid.to_owned()),
        (None, None) => OrganisationRef::Name(text(args, "name").to_owned()),
    }
}

pub(crate) async fn call(
    url: &str,
    key: Secret,
    method: &str,
    args: &Value,
) -> Result<Option<Value>> {
    let misp = Misp::builder(url).key(key).build()?;
    let value = match method {
        "users" => {
            let mut query = UserQuery::new();
            if let Some(text) = maybe(args, "search") {
                query = query.search(text);
            }
            if let Some(id) = args["organisation"].as_i64() {
                query = query.organisation(id);
            }
            let rows = misp.users(&query).await?;
            rows.iter().map(|row| shown(&row.user)).collect()
        }
        "get_user" => shown(&misp.get_user(reference(args)).await?.user),
        "get_user_as_admin" => shown(&misp.get_user_as_admin(number(args, "id")?).await?.user),
        "add_user" => {
            let mut new = NewUser::new(text(args, "email"));
            for (name, value) in members(args, "members") {
                new = new.set(name, value.clone());
            }
            shown(&misp.add_user(&new).await?.user)
        }
        "update_user" => {
            let mut change = UserChange::new();
            for (name, value) in members(args, "members") {
                change = change.set(name, value.clone());
            }
            shown(&misp.update_user(number(args, "id")?, &change).await?)
        }
        "delete_user" => json!(misp.delete_user(number(args, "id")?).await?),
        "change_own_password" => {
            json!(
                misp.change_own_password(&Secret::new(text(args, "password")))
                    .await?
            )
        }
        "set_user_password" => {
            let password = Secret::new(text(args, "password"));
            shown(
                &misp
                    .set_user_password(number(args, "id")?, &password)
                    .await?,
            )
        }
        "set_user_role" => shown(
            &misp
                .set_user_role(number(args, "id")?, number(args, "role")?)
                .await?,
        ),
        "organisations" => {
            let mut query = OrganisationQuery::new().scope(match text(args, "scope") {
                "external" => OrganisationScope::External,
                "all" => OrganisationScope::All,
                _ => OrganisationScope::Local,
            });
            if let Some(text) = maybe(args, "search") {
                query = query.search(text);
            }
            let rows = misp.organisations(&query).await?;
            rows.iter()
                .map(|row| json!({"id": row.id, "name": row.name}))
                .collect()
        }
        "get_organisation" => {
            let one = misp.get_organisation(organisation(args)).await?;
            json!({"id": one.id, "name": one.name})
        }
        "organisation_exists" => json!(misp.organisation_exists(organisation(args)).await?),
        "add_organisation" => {
            let mut new = NewOrganisation::new(text(args, "name"));
            for (name, value) in members(args, "members") {
                new = new.set(name, value.clone());
            }
            let one = misp.add_organisation(&new).await?;
            json!({"id": one.id, "name": one.name})
        }
        "update_organisation" => {
            let mut change = OrganisationChange::new();
            for (name, value) in members(args, "members") {
                change = change.set(name, value.clone());
            }
            let one = misp
                .update_organisation(organisation(args), &change)
                .await?;
            json!({"id": one.id, "name": one.name})
        }
        "delete_organisation" => json!(misp.delete_organisation(organisation(args)).await?),
        "roles" => {
            let rows = misp.roles().await?;
            rows.iter()
                .map(|row| json!({"id": row.id, "name": row.name}))
                .collect()
        }
        "get_role" => {
            let role = misp.get_role(number(args, "id")?).await?;
            json!({"id": role.id, "name": role.name})
        }
        "set_default_role" => json!(misp.set_default_role(number(args, "id")?).await?),
        "add_auth_key" => {
            let made = misp
                .add_auth_key(reference(args), &NewAuthKey::new())
                .await?;
            json!({"user_id": made.key.user_id})
        }
        "auth_keys" => json!(misp.auth_keys(None).await?.len()),
        _ => return Ok(None),
    };
    Ok(Some(value))
}
