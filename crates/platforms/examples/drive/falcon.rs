use serde_json::{Value, json};
use usher_platforms::falcon::{
    Cid, Falcon, GrantQuery, LegacyUser, Names, NewUser, RoleId, RoleQuery, RolesAction, User,
    UserAction, UserQuery, Uuid, fql,
};
use usher_platforms::{Error, Result, Secret};

use crate::{maybe, text};

fn shown(user: &User) -> Value {
    json!({"uuid": user.uuid, "uid": user.uid})
}

fn shown_legacy(user: &LegacyUser) -> Value {
    json!({"uuid": user.uuid, "uid": user.uid})
}

fn texts<'a>(args: &'a Value, name: &str) -> Vec<&'a str> {
    let items = args[name].as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

fn uuids(args: &Value) -> Vec<Uuid> {
    texts(args, "ids").into_iter().map(Uuid::from).collect()
}

fn roles(args: &Value) -> Vec<RoleId> {
    texts(args, "roles").into_iter().map(RoleId::from).collect()
}

fn new_user(args: &Value) -> NewUser {
    let mut new = NewUser::new(text(args, "uid"));
    if let Some(name) = maybe(args, "first_name") {
        new = new.first_name(name);
    }
    if let Some(name) = maybe(args, "last_name") {
        new = new.last_name(name);
    }
    if let Some(password) = maybe(args, "password") {
        new = new.password(password);
    }
    if let Some(cid) = maybe(args, "cid") {
        new = new.cid(Cid::new(cid));
    }
    new
}

fn names(args: &Value) -> Names {
    let mut names = Names::new();
    if let Some(name) = maybe(args, "first_name") {
        names = names.first_name(name);
    }
    if let Some(name) = maybe(args, "last_name") {
        names = names.last_name(name);
    }
    names
}

fn grants(args: &Value) -> GrantQuery {
    let mut query = GrantQuery::new();
    if let Some(cid) = maybe(args, "cid") {
        query = query.cid(Cid::new(cid));
    }
    if let Some(direct) = args["direct_only"].as_bool() {
        query = query.direct_only(direct);
    }
    if let Some(filter) = maybe(args, "filter") {
        query = query.filter(fql::raw(filter));
    }
    if let Some(limit) = args["limit"].as_u64().and_then(|it| u32::try_from(it).ok()) {
        query = query.limit(limit);
    }
    if let Some(offset) = args["offset"].as_u64() {
        query = query.offset(offset);
    }
    if let Some(sort) = maybe(args, "sort") {
        query = query.sort(sort);
    }
    if args["v2"] == true {
        query = query.v2();
    }
    query
}

fn users(args: &Value) -> UserQuery {
    let mut query = UserQuery::new();
    if let Some(filter) = maybe(args, "filter") {
        query = query.filter(fql::raw(filter));
    }
    if let Some(limit) = args["limit"].as_u64().and_then(|it| u32::try_from(it).ok()) {
        query = query.limit(limit);
    }
    if let Some(offset) = args["offset"].as_u64() {
        query = query.offset(offset);
    }
    if let Some(sort) = maybe(args, "sort") {
        query = query.sort(sort);
    }
    query
}

/// The credential is the API client's id and its secret, with a colon between.
pub(crate) async fn call(
    url: &str,
    credential: Secret,
    method: &str,
    args: &Value,
) -> Result<Option<Value>> {
    let (id, secret) = credential
        .expose()
        .split_once(':')
        .ok_or_else(|| Error::Config("the credential is `id:secret`".into()))?;
    let falcon = Falcon::builder(url).api_client(id, secret).build()?;
    let user = Uuid::from(text(args, "user"));
    let cid = maybe(args, "cid").map(Cid::new);
    let value = match method {
        "get_roles" => json!(falcon.get_roles(&roles(args)).await?.len()),
        "get_user_grants" => {
            let page = falcon
                .get_user_grants(&user, &grants(args))
                .next_page()
                .await?;
            json!(page.unwrap_or_default().len())
        }
        "query_roles" => {
            let mut query = RoleQuery::new();
            if let Some(action) = maybe(args, "action") {
                query = query.action(action);
            }
            if let Some(cid) = cid {
                query = query.cid(cid);
            }
            if maybe(args, "user").is_some() {
                query = query.user(user);
            }
            json!(falcon.query_roles(&query).await?)
        }
        "query_users" => {
            let page = falcon.query_users(&users(args)).next_page().await?;
            json!(page.unwrap_or_default())
        }
        "get_roles_mssp" => json!(
            falcon
                .get_roles_mssp(&roles(args), cid.as_ref())
                .await?
                .len()
        ),
        "get_roles_mssp_v2" => {
            json!(
                falcon
                    .get_roles_mssp_v2(&roles(args), cid.as_ref())
                    .await?
                    .len()
            )
        }
        "user_action" => {
            let action = match text(args, "action") {
                "reset_2fa" => UserAction::Reset2fa,
                _ => UserAction::ResetPassword,
            };
            json!(falcon.user_action(action, &uuids(args)).await?)
        }
        "user_roles_action" => {
            let action = match text(args, "action") {
                "revoke" => RolesAction::Revoke,
                _ => RolesAction::Grant,
            };
            let cid = cid.unwrap_or_default();
            json!(
                falcon
                    .user_roles_action(action, &cid, &user, &roles(args), None)
                    .await?
            )
        }
        "grant_user_role_ids" => json!(falcon.grant_user_role_ids(&user, &roles(args)).await?),
        "revoke_user_role_ids" => json!(falcon.revoke_user_role_ids(&user, &roles(args)).await?),
        "get_available_role_ids" => json!(falcon.get_available_role_ids().await?),
        "get_user_role_ids" => json!(falcon.get_user_role_ids(&user).await?),
        "retrieve_user" => falcon
            .retrieve_user(&uuids(args))
            .await?
            .iter()
            .map(shown_legacy)
            .collect(),
        "retrieve_users" => falcon
            .retrieve_users(&uuids(args))
            .await?
            .iter()
            .map(shown)
            .collect(),
        "create_user" => shown_legacy(&falcon.create_user(&new_user(args)).await?),
        "create_user_mssp" => shown(&falcon.create_user_mssp(&new_user(args)).await?),
        "validate_user" => json!(falcon.validate_user(&new_user(args)).await?),
        "delete_user" => json!(falcon.delete_user(&user).await?),
        "delete_user_mssp" => json!(falcon.delete_user_mssp(&user).await?),
        "update_user" => shown_legacy(&falcon.update_user(&user, &names(args)).await?),
        "update_user_mssp" => shown(&falcon.update_user_mssp(&user, &names(args)).await?),
        "retrieve_emails_by_cid" => json!(falcon.retrieve_emails_by_cid().await?),
        "retrieve_user_uuids_by_cid" => json!(falcon.retrieve_user_uuids_by_cid().await?),
        "retrieve_user_uuid" => json!(falcon.retrieve_user_uuid(&texts(args, "uids")).await?),
        _ => return Ok(None),
    };
    Ok(Some(value))
}
