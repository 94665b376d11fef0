//! The operations as values: what would be sent, made without a network.
//!
//! Each has the name of the [client's](super::IdentityExposure) method that makes the call.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::core::error::{Error, Result};
use crate::core::operation::{Answer, Draft, Facts, Operation, Repeat, gone_is_done, nothing};
use crate::core::secret::Secret;
use crate::tenable::answers::{About, Me, Role, User};
use crate::tenable::ids::{RoleId, UserId};
use crate::tenable::requests::{NewUser, UserChange};

use Repeat::{Idempotent, Once, Safe};

const fn facts(id: &'static str, template: &'static str, repeat: Repeat) -> Facts {
    Facts::new("tenable", id, template, repeat)
}

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T> {
    answer.json()
}

/// A user, who has an id: what has none is another document that happens to be an object.
fn one(answer: &Answer) -> Result<User> {
    known(answer, answer.json()?)
}

fn several(answer: &Answer) -> Result<Vec<User>> {
    let users: Vec<User> = answer.json()?;
    users.into_iter().map(|user| known(answer, user)).collect()
}

fn known(answer: &Answer, user: User) -> Result<User> {
    if user.id == UserId::default() {
        return Err(Error::unexpected(answer, "the answer is not a user"));
    }
    Ok(user)
}

/// `users`: `GET /api/users`.
pub fn users() -> Result<Operation<Vec<User>>> {
    Draft::get("/api/users").operation(facts("users", "/api/users", Safe), several)
}

/// `user`: `GET /api/users/{id}`.
pub fn user(id: UserId) -> Result<Operation<User>> {
    Draft::get(format!("/api/users/{id}")).operation(facts("user", "/api/users/{user}", Safe), one)
}

/// `whoami`: `GET /api/users/whoami`.
pub fn whoami() -> Result<Operation<Me>> {
    Draft::get("/api/users/whoami").operation(facts("whoami", "/api/users/whoami", Safe), read)
}

/// `create_users`: `POST /api/users`, an array.
pub fn create_users(new: &[NewUser]) -> Result<Operation<Vec<User>>> {
    let body: Vec<Value> = new.iter().map(NewUser::body).collect();
    let operation = Draft::post("/api/users")
        .json(&body)?
        .operation(facts("create_users", "/api/users", Once), several)?;
    Ok(new
        .iter()
        .fold(operation, |operation, user| operation.hiding(user.secret())))
}

/// `update_user`: `PATCH /api/users/{id}`.
pub fn update_user(id: UserId, change: &UserChange) -> Result<Operation<User>> {
    let operation = Draft::new(Method::PATCH, format!("/api/users/{id}"))
        .json(&change.body())?
        .operation(facts("update_user", "/api/users/{user}", Idempotent), one)?;
    Ok(match &change.password {
        Some(password) => operation.hiding(password),
        None => operation,
    })
}

/// `delete_user`: `DELETE /api/users/{id}`.
pub fn delete_user(id: UserId) -> Result<Operation<()>> {
    let operation = Draft::new(Method::DELETE, format!("/api/users/{id}")).operation(
        facts("delete_user", "/api/users/{user}", Idempotent),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `set_user_roles`: `PUT /api/users/{id}/roles`.
pub fn set_user_roles(id: UserId, roles: &[RoleId]) -> Result<Operation<Vec<RoleId>>> {
    #[derive(Deserialize)]
    struct Roles {
        roles: Vec<RoleId>,
    }
    Draft::new(Method::PUT, format!("/api/users/{id}/roles"))
        .json(&json!({"roles": roles}))?
        .operation(
            facts("set_user_roles", "/api/users/{user}/roles", Idempotent),
            |answer| Ok(answer.json::<Roles>()?.roles),
        )
}

/// `change_own_password`: `PATCH /api/users/password`.
pub fn change_own_password(old: &Secret, new: &Secret) -> Result<Operation<()>> {
    let operation = Draft::new(Method::PATCH, "/api/users/password")
        .json(&json!({"oldPassword": old.expose(), "newPassword": new.expose()}))?
        .operation(
            facts("change_own_password", "/api/users/password", Once),
            nothing,
        )?;
    Ok(operation.hiding(old).hiding(new))
}

/// `send_password_mail`: `POST /api/users/forgotten-password`.
pub fn send_password_mail(email: &str) -> Result<Operation<()>> {
    Draft::post("/api/users/forgotten-password")
        .json(&json!({"email": email}))?
        .operation(
            facts("send_password_mail", "/api/users/forgotten-password", Once),
            nothing,
        )
}

/// `redeem_password_token`: `POST /api/users/retrieve-password`.
pub fn redeem_password_token(token: &Secret, new: &Secret) -> Result<Operation<()>> {
    let operation = Draft::post("/api/users/retrieve-password")
        .json(&json!({"token": token.expose(), "newPassword": new.expose()}))?
        .operation(
            facts(
                "redeem_password_token",
                "/api/users/retrieve-password",
                Once,
            ),
            nothing,
        )?;
    Ok(operation.hiding(token).hiding(new))
}

/// `roles`: `GET /api/roles`.
pub fn roles() -> Result<Operation<Vec<Role>>> {
    Draft::get("/api/roles").operation(facts("roles", "/api/roles", Safe), read)
}

/// `about`: `GET /api/about`.
pub fn about() -> Result<Operation<About>> {
    Draft::get("/api/about").operation(facts("about", "/api/about", Safe), read)
}
