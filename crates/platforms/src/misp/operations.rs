//! The operations as values: what would be sent, made without a network.
//!
//! Each has the name of the [client's](super::Misp) method that makes the call.

use http::header::{ACCEPT, HeaderValue};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::core::error::{Error, Result};
use crate::core::operation::{Answer, Draft, Facts, Operation, Repeat, gone_is_done, nothing};
use crate::core::path;
use crate::core::secret::Secret;
use crate::misp::answers::{
    AddedKey, AddedUser, AuthKey, Organisation, Role, User, UserRow, UserView, Version,
};
use crate::misp::ids::{KeyId, OrganisationId, OrganisationRef, RoleId, UserId, UserRef};
use crate::misp::requests::{
    NewAuthKey, NewOrganisation, NewUser, OrganisationChange, OrganisationQuery, OrganisationScope,
    UserChange, UserQuery,
};

use Repeat::{Idempotent, Once, Safe};

const fn facts(id: &'static str, template: &'static str, repeat: Repeat) -> Facts {
    Facts::new("misp", id, template, repeat)
}

/// Quirk: without this header MISP takes a request for a browser's (docs/wire/misp.md §2).
pub(super) fn accepting(draft: Draft) -> Draft {
    draft.header(ACCEPT, HeaderValue::from_static("application/json"))
}

fn get(path: impl Into<String>) -> Draft {
    accepting(Draft::get(path))
}

fn post(path: impl Into<String>) -> Draft {
    accepting(Draft::post(path))
}

/// Quirk: filters are parts of the path, in which a blank is a plus and a slash cannot stand (docs/wire/misp.md §1).
fn filter(name: &str, value: &str) -> Result<String> {
    if value.contains('/') {
        return Err(Error::config(format!(
            "MISP cannot search for a text with a slash in it ({name})"
        )));
    }
    Ok(format!(
        "/{name}:{}",
        path::segment(value).replace("%20", "+")
    ))
}

#[derive(Deserialize)]
struct Wrapped<T> {
    #[serde(alias = "User", alias = "Organisation", alias = "Role")]
    inner: T,
}

fn unwrapped<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<Vec<T>> {
    let rows: Vec<Wrapped<T>> = answer.json()?;
    Ok(rows.into_iter().map(|row| row.inner).collect())
}

fn user(answer: &Answer) -> Result<User> {
    let user: User = answer.member("User")?;
    known(answer, user.id != UserId::default(), user)
}

fn view(answer: &Answer) -> Result<UserView> {
    let view: UserView = answer.json()?;
    known(answer, view.user.id != UserId::default(), view)
}

fn organisation(answer: &Answer) -> Result<Organisation> {
    let organisation: Organisation = answer.member("Organisation")?;
    known(
        answer,
        organisation.id != OrganisationId::default(),
        organisation,
    )
}

/// What has no id is another document that happens to be an object.
fn known<T>(answer: &Answer, has_id: bool, thing: T) -> Result<T> {
    if has_id {
        return Ok(thing);
    }
    Err(Error::unexpected(answer, "what the answer holds has no id"))
}

/// `users`: `GET /admin/users/index[/value:S][/searchorg:ID]`.
pub fn users(query: &UserQuery) -> Result<Operation<Vec<UserRow>>> {
    let mut path = "/admin/users/index".to_owned();
    if let Some(text) = &query.search {
        path.push_str(&filter("value", text)?);
    }
    if let Some(organisation) = query.organisation {
        path.push_str(&filter("searchorg", &organisation.to_string())?);
    }
    get(path).operation(
        facts("users", "/admin/users/index/{filters}", Safe),
        |answer| answer.json(),
    )
}

/// `get_user`: `GET /users/view/{id or me}`.
pub fn get_user(user: impl Into<UserRef>) -> Result<Operation<UserView>> {
    get(format!("/users/view/{}", user.into()))
        .operation(facts("get_user", "/users/view/{user}", Safe), view)
}

/// `get_user_as_admin`: `GET /admin/users/view/{id}`.
pub fn get_user_as_admin(user: UserId) -> Result<Operation<UserView>> {
    get(format!("/admin/users/view/{user}")).operation(
        facts("get_user_as_admin", "/admin/users/view/{user}", Safe),
        view,
    )
}

/// `add_user`: `POST /admin/users/add`.
pub fn add_user(new: &NewUser) -> Result<Operation<AddedUser>> {
    let operation = post("/admin/users/add").json(&new.body())?.operation(
        facts("add_user", "/admin/users/add", Once),
        |answer| {
            let mut document: Value = answer.member("User")?;
            // Taken out of the document, so that it is not among what else came.
            let authkey = document.as_object_mut().and_then(|it| it.remove("authkey"));
            let authkey = authkey.as_ref().and_then(Value::as_str);
            let user: User = answer.part(document)?;
            Ok(AddedUser {
                authkey: authkey.filter(|key| !key.is_empty()).map(Secret::new),
                user: known(answer, user.id != UserId::default(), user)?,
            })
        },
    )?;
    Ok(hiding(operation, new.secret()))
}

fn hiding<T>(operation: Operation<T>, secret: Option<&Secret>) -> Operation<T> {
    match secret {
        Some(secret) => operation.hiding(secret),
        None => operation,
    }
}

/// `update_user` by an administrator: `POST /admin/users/edit/{id}`.
pub fn update_user(id: UserId, change: &UserChange) -> Result<Operation<User>> {
    edit("update_user", id, change)
}

fn edit(id: &'static str, user_id: UserId, change: &UserChange) -> Result<Operation<User>> {
    let operation = post(format!("/admin/users/edit/{user_id}"))
        .json(&change.body())?
        .operation(facts(id, "/admin/users/edit/{user}", Idempotent), user)?;
    Ok(hiding(operation, change.password.as_ref()))
}

/// `update_user` by anyone else: `POST /users/edit/{id}`.
///
/// Quirk: MISP ignores the id and changes the key's owner (docs/wire/misp.md §4.3).
pub fn update_own_user(id: UserId, change: &UserChange) -> Result<Operation<User>> {
    let operation = post(format!("/users/edit/{id}"))
        .json(&change.body())?
        .operation(facts("update_user", "/users/edit/{user}", Idempotent), user)?;
    Ok(hiding(operation, change.password.as_ref()))
}

/// `delete_user`: `POST /admin/users/delete/{id}`.
pub fn delete_user(id: UserId) -> Result<Operation<()>> {
    let operation = post(format!("/admin/users/delete/{id}")).operation(
        facts("delete_user", "/admin/users/delete/{user}", Idempotent),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `change_own_password`: `POST /users/change_pw`.
pub fn change_own_password(new: &Secret) -> Result<Operation<()>> {
    let operation = post("/users/change_pw")
        .json(&json!({"password": new.expose()}))?
        .operation(
            facts("change_own_password", "/users/change_pw", Idempotent),
            nothing,
        )?;
    Ok(operation.hiding(new).settled_by(|error| {
        let vendor = error.vendor()?;
        let mut texts = vendor.fields.values().flatten().chain([&vendor.message]);
        texts
            .any(|text| text.contains("cannot be the same as the current"))
            .then_some(())
    }))
}

/// `set_user_password`: `POST /admin/users/edit/{id}`.
pub fn set_user_password(id: UserId, password: &Secret) -> Result<Operation<User>> {
    let change = UserChange::new().password(password.clone());
    edit("set_user_password", id, &change)
}

/// `set_user_role`: `POST /admin/users/edit/{id}`.
pub fn set_user_role(id: UserId, role: RoleId) -> Result<Operation<User>> {
    edit("set_user_role", id, &UserChange::new().role(role))
}

/// `organisations`: `GET /organisations/index/scope:{scope}[/searchall:S]`.
pub fn organisations(query: &OrganisationQuery) -> Result<Operation<Vec<Organisation>>> {
    let scope = match query.scope {
        OrganisationScope::Local => "local",
        OrganisationScope::External => "external",
        OrganisationScope::All => "all",
    };
    let mut path = format!("/organisations/index/scope:{scope}");
    if let Some(text) = &query.search {
        path.push_str(&filter("searchall", text)?);
    }
    get(path).operation(
        facts("organisations", "/organisations/index/{filters}", Safe),
        unwrapped,
    )
}

fn reference(reference: &OrganisationRef) -> String {
    path::segment(&reference.to_string()).replace("%20", "+")
}

/// `get_organisation`: `GET /organisations/view/{id, uuid or name}`.
pub fn get_organisation(which: impl Into<OrganisationRef>) -> Result<Operation<Organisation>> {
    get(format!("/organisations/view/{}", reference(&which.into()))).operation(
        facts(
            "get_organisation",
            "/organisations/view/{organisation}",
            Safe,
        ),
        organisation,
    )
}

/// `organisation_exists`: `HEAD /organisations/view/{id, uuid or name}`.
pub fn organisation_exists(which: impl Into<OrganisationRef>) -> Result<Operation<bool>> {
    let path = format!("/organisations/view/{}", reference(&which.into()));
    accepting(Draft::new(Method::HEAD, path)).operation(
        facts(
            "organisation_exists",
            "/organisations/view/{organisation}",
            Safe,
        ),
        |answer| Ok(answer.status == StatusCode::OK),
    )
}

/// `add_organisation`: `POST /admin/organisations/add`.
pub fn add_organisation(new: &NewOrganisation) -> Result<Operation<Organisation>> {
    post("/admin/organisations/add")
        .json(&new.body())?
        .operation(
            facts("add_organisation", "/admin/organisations/add", Once),
            organisation,
        )
}

/// `update_organisation`: `POST /admin/organisations/edit/{id or uuid}`.
pub fn update_organisation(
    which: impl Into<OrganisationRef>,
    change: &OrganisationChange,
) -> Result<Operation<Organisation>> {
    post(format!(
        "/admin/organisations/edit/{}",
        reference(&which.into())
    ))
    .json(&change.body())?
    .operation(
        facts(
            "update_organisation",
            "/admin/organisations/edit/{organisation}",
            Idempotent,
        ),
        organisation,
    )
}

/// `delete_organisation`: `POST /admin/organisations/delete/{id or uuid}`.
pub fn delete_organisation(which: impl Into<OrganisationRef>) -> Result<Operation<()>> {
    let operation = post(format!(
        "/admin/organisations/delete/{}",
        reference(&which.into())
    ))
    .operation(
        facts(
            "delete_organisation",
            "/admin/organisations/delete/{organisation}",
            Idempotent,
        ),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `roles`: `GET /roles/index`.
pub fn roles() -> Result<Operation<Vec<Role>>> {
    get("/roles/index").operation(facts("roles", "/roles/index", Safe), unwrapped)
}

/// `get_role`: `GET /roles/view/{id}`.
pub fn get_role(id: RoleId) -> Result<Operation<Role>> {
    get(format!("/roles/view/{id}")).operation(
        facts("get_role", "/roles/view/{role}", Safe),
        |answer| {
            let role: Role = answer.member("Role")?;
            known(answer, role.id != RoleId::default(), role)
        },
    )
}

/// `set_default_role`: `POST /admin/roles/set_default/{id}`.
pub fn set_default_role(id: RoleId) -> Result<Operation<()>> {
    post(format!("/admin/roles/set_default/{id}")).operation(
        facts(
            "set_default_role",
            "/admin/roles/set_default/{role}",
            Idempotent,
        ),
        nothing,
    )
}

/// `auth_keys`: `GET /auth_keys/index[/{user}]`.
pub fn auth_keys(user: Option<UserId>) -> Result<Operation<Vec<AuthKey>>> {
    let mut path = "/auth_keys/index".to_owned();
    if let Some(user) = user {
        path.push_str(&format!("/{user}"));
    }
    get(path).operation(
        facts("auth_keys", "/auth_keys/index/{user}", Safe),
        |answer| {
            #[derive(Deserialize)]
            struct Row {
                #[serde(rename = "AuthKey")]
                key: AuthKey,
            }
            let rows: Vec<Row> = answer.json()?;
            Ok(rows.into_iter().map(|row| row.key).collect())
        },
    )
}

/// `add_auth_key`: `POST /auth_keys/add/{id or me}`.
pub fn add_auth_key(user: impl Into<UserRef>, new: &NewAuthKey) -> Result<Operation<AddedKey>> {
    post(format!("/auth_keys/add/{}", user.into()))
        .json(&new.body())?
        .operation(
            facts("add_auth_key", "/auth_keys/add/{user}", Once),
            |answer| {
                let mut document: Value = answer.member("AuthKey")?;
                let text = document
                    .as_object_mut()
                    .and_then(|it| it.remove("authkey_raw"));
                let Some(text) = text.as_ref().and_then(Value::as_str) else {
                    return Err(Error::unexpected(answer, "the answer holds no key"));
                };
                Ok(AddedKey {
                    authkey: Secret::new(text),
                    key: answer.part(document)?,
                })
            },
        )
}

/// `delete_auth_key`: `POST /auth_keys/delete/{id}`.
pub fn delete_auth_key(id: KeyId) -> Result<Operation<()>> {
    let operation = post(format!("/auth_keys/delete/{id}")).operation(
        facts("delete_auth_key", "/auth_keys/delete/{key}", Idempotent),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `destroy_sessions`: `POST /admin/users/destroy/{id}`.
pub fn destroy_sessions(user: UserId) -> Result<Operation<()>> {
    post(format!("/admin/users/destroy/{user}")).operation(
        facts(
            "destroy_sessions",
            "/admin/users/destroy/{user}",
            Idempotent,
        ),
        nothing,
    )
}

/// `delete_totp`: `POST /users/totp_delete/{id}`.
pub fn delete_totp(user: UserId) -> Result<Operation<()>> {
    post(format!("/users/totp_delete/{user}")).operation(
        facts("delete_totp", "/users/totp_delete/{user}", Idempotent),
        nothing,
    )
}

/// `version`: `GET /servers/getVersion`.
pub fn version() -> Result<Operation<Version>> {
    get("/servers/getVersion").operation(facts("version", "/servers/getVersion", Safe), |answer| {
        let mut version: Version = answer.json()?;
        version.key_expiration = answer
            .header("x-auth-key-expiration")
            .and_then(|text| text.parse::<Timestamp>().ok());
        Ok(version)
    })
}
