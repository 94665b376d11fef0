//! The operations as values: what would be sent, made without a network.
//!
//! Each has the name of the [client's](super::Civis) method that makes the call. Where a method reads a list page by page, its
//! operation is one page.

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::civis::answers::{Listing, Me, Role, SimpleUser, Suspension, UserDetail, UserSummary};
use crate::civis::errors::{THEME, THEMES};
use crate::civis::ids::{FavoriteId, GroupId, KeyId, KeyOwner, ThemeId, UserId};
use crate::civis::key_answers::{ApiKey, ApiKeySummary, NewApiKeyMade};
use crate::civis::object_answers::{
    Activity, Favorite, FavoriteSummary, Group, GroupSummary, ObjectType, Theme, ThemeSummary,
};
use crate::civis::queries::{
    ActivityQuery, FavoriteQuery, GroupQuery, KeyQuery, RoleQuery, UserQuery,
};
use crate::civis::requests::{MeChange, NewApiKey, NewUser, Rank, UserChange, favorite_body};
use crate::core::error::{Error, Result};
use crate::core::operation::{Answer, Draft, Facts, Operation, Repeat, gone_is_done, nothing};
use crate::core::secret::Secret;

use Repeat::{Idempotent, Once, Safe};

const fn facts(id: &'static str, template: &'static str, repeat: Repeat) -> Facts {
    Facts::new("civis", id, template, repeat)
}

fn delete(path: impl Into<String>) -> Draft {
    Draft::new(Method::DELETE, path)
}

fn patch(path: impl Into<String>) -> Draft {
    Draft::new(Method::PATCH, path)
}

fn whole<T: DeserializeOwned>(answer: &Answer) -> Result<T> {
    answer.json()
}

fn listing<T: DeserializeOwned>(answer: &Answer) -> Result<Listing<T>> {
    let number = |name| {
        answer
            .header(name)
            .and_then(|text| text.trim().parse().ok())
    };
    Ok(Listing {
        items: answer.json()?,
        total: number("x-pagination-total-entries"),
        pages: number("x-pagination-total-pages"),
        answer: answer.clone(),
    })
}

/// `list_users`: `GET /users`, one page.
pub fn list_users(query: &UserQuery) -> Result<Operation<Listing<UserSummary>>> {
    query
        .write(Draft::get("/users"))?
        .operation(facts("list_users", "/users", Safe), listing)
}

/// `create_user`: `POST /users`.
pub fn create_user(new: &NewUser) -> Result<Operation<UserDetail>> {
    Draft::post("/users")
        .json(&new.body())?
        .operation(facts("create_user", "/users", Once), whole)
}

/// `me`: `GET /users/me`.
pub fn me() -> Result<Operation<Me>> {
    Draft::get("/users/me").operation(facts("me", "/users/me", Safe), whole)
}

/// `update_me`: `PATCH /users/me`.
pub fn update_me(change: &MeChange) -> Result<Operation<Me>> {
    patch("/users/me")
        .json(&change.body())?
        .operation(facts("update_me", "/users/me", Idempotent), whole)
}

/// `my_activity`: `GET /users/me/activity`.
pub fn my_activity(query: &ActivityQuery) -> Result<Operation<Vec<Activity>>> {
    query
        .write(Draft::get("/users/me/activity"))
        .operation(facts("my_activity", "/users/me/activity", Safe), whole)
}

/// `my_organization_admins`: `GET /users/me/organization_admins`.
pub fn my_organization_admins() -> Result<Operation<Vec<SimpleUser>>> {
    const PATH: &str = "/users/me/organization_admins";
    Draft::get(PATH).operation(facts("my_organization_admins", PATH, Safe), whole)
}

/// `my_themes`: `GET /users/me/themes`.
pub fn my_themes() -> Result<Operation<Vec<ThemeSummary>>> {
    Draft::get("/users/me/themes").operation(facts(THEMES, "/users/me/themes", Safe), whole)
}

/// `my_theme`: `GET /users/me/themes/{id}`.
pub fn my_theme(id: ThemeId) -> Result<Operation<Theme>> {
    Draft::get(format!("/users/me/themes/{id}"))
        .operation(facts(THEME, "/users/me/themes/{theme}", Safe), whole)
}

/// `user`: `GET /users/{id}`.
pub fn user(id: UserId) -> Result<Operation<UserDetail>> {
    Draft::get(format!("/users/{id}")).operation(facts("user", "/users/{user}", Safe), whole)
}

/// `update_user`: `PATCH /users/{id}`. With an address it mails, and is sent once.
pub fn update_user(id: UserId, change: &UserChange) -> Result<Operation<UserDetail>> {
    let repeat = if change.email.is_some() {
        Once
    } else {
        Idempotent
    };
    let operation = patch(format!("/users/{id}"))
        .json(&change.body())?
        .operation(facts("update_user", "/users/{user}", repeat), whole)?;
    Ok(match &change.password {
        Some(password) => operation.hiding(password),
        None => operation,
    })
}

/// `list_api_keys`: `GET /users/{id or me}/api_keys`, one page.
pub fn list_api_keys(
    owner: impl Into<KeyOwner>,
    query: &KeyQuery,
) -> Result<Operation<Listing<ApiKeySummary>>> {
    let path = format!("/users/{}/api_keys", owner.into());
    query.window.write(Draft::get(path)).operation(
        facts("list_api_keys", "/users/{user}/api_keys", Safe),
        listing,
    )
}

/// `create_api_key`: `POST /users/{id or me}/api_keys`.
pub fn create_api_key(
    owner: impl Into<KeyOwner>,
    new: &NewApiKey,
) -> Result<Operation<NewApiKeyMade>> {
    Draft::post(format!("/users/{}/api_keys", owner.into()))
        .json(&new.body()?)?
        .operation(
            facts("create_api_key", "/users/{user}/api_keys", Once),
            |answer| {
                let mut document: Value = answer.json()?;
                // Taken out of the document, so that it is not among what else came.
                let token = document.as_object_mut().and_then(|it| it.remove("token"));
                let Some(token) = token.as_ref().and_then(Value::as_str) else {
                    return Err(Error::unexpected(answer, "the answer holds no key"));
                };
                Ok(NewApiKeyMade {
                    token: Secret::new(token),
                    key: answer.part(document)?,
                })
            },
        )
}

fn key_path(owner: KeyOwner, key: KeyId) -> String {
    format!("/users/{owner}/api_keys/{key}")
}

/// `api_key`: `GET /users/{id or me}/api_keys/{key_id}`.
pub fn api_key(owner: impl Into<KeyOwner>, key: KeyId) -> Result<Operation<ApiKey>> {
    Draft::get(key_path(owner.into(), key)).operation(
        facts("api_key", "/users/{user}/api_keys/{key}", Safe),
        whole,
    )
}

/// `revoke_api_key`: `DELETE /users/{id or me}/api_keys/{key_id}`.
pub fn revoke_api_key(owner: impl Into<KeyOwner>, key: KeyId) -> Result<Operation<ApiKey>> {
    delete(key_path(owner.into(), key)).operation(
        facts("revoke_api_key", "/users/{user}/api_keys/{key}", Idempotent),
        whole,
    )
}

/// `delete_sessions`: `DELETE /users/{id}/sessions`.
pub fn delete_sessions(id: UserId) -> Result<Operation<UserDetail>> {
    delete(format!("/users/{id}/sessions")).operation(
        facts("delete_sessions", "/users/{user}/sessions", Idempotent),
        whole,
    )
}

/// `delete_2fa`: `DELETE /users/{id}/2fa`.
pub fn delete_2fa(id: UserId) -> Result<Operation<UserDetail>> {
    delete(format!("/users/{id}/2fa"))
        .operation(facts("delete_2fa", "/users/{user}/2fa", Idempotent), whole)
}

/// `unsuspend`: `POST /users/{id}/unsuspend`.
pub fn unsuspend(id: UserId) -> Result<Operation<Suspension>> {
    Draft::post(format!("/users/{id}/unsuspend")).operation(
        facts("unsuspend", "/users/{user}/unsuspend", Idempotent),
        whole,
    )
}

/// `send_access_email`: `POST /users/{id}/access_email`.
pub fn send_access_email(id: UserId) -> Result<Operation<()>> {
    Draft::post(format!("/users/{id}/access_email")).operation(
        facts("send_access_email", "/users/{user}/access_email", Once),
        nothing,
    )
}

/// `my_favorites`: `GET /users/me/favorites`, one page.
pub fn my_favorites(query: &FavoriteQuery) -> Result<Operation<Listing<FavoriteSummary>>> {
    query
        .write(Draft::get("/users/me/favorites"))
        .operation(facts("my_favorites", "/users/me/favorites", Safe), listing)
}

/// `add_favorite`: `POST /users/me/favorites`.
pub fn add_favorite(object_id: i64, object_type: &ObjectType) -> Result<Operation<Favorite>> {
    Draft::post("/users/me/favorites")
        .json(&favorite_body(object_id, object_type))?
        .operation(facts("add_favorite", "/users/me/favorites", Once), whole)
}

/// `delete_favorite`: `DELETE /users/me/favorites/{id}`.
pub fn delete_favorite(id: FavoriteId) -> Result<Operation<()>> {
    let operation = delete(format!("/users/me/favorites/{id}")).operation(
        facts(
            "delete_favorite",
            "/users/me/favorites/{favorite}",
            Idempotent,
        ),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `rank_favorite`: `PATCH /users/me/favorites/{id}/ranking/{top, bottom, higher or lower}`.
///
/// One step up or down is sent once: twice would be two.
pub fn rank_favorite(id: FavoriteId, rank: Rank) -> Result<Operation<()>> {
    let repeat = match rank {
        Rank::Top | Rank::Bottom => Idempotent,
        Rank::Higher | Rank::Lower => Once,
    };
    patch(format!("/users/me/favorites/{id}/ranking/{}", rank.name())).operation(
        facts(
            "rank_favorite",
            "/users/me/favorites/{favorite}/ranking/{rank}",
            repeat,
        ),
        nothing,
    )
}

/// `list_groups`: `GET /groups`, one page.
pub fn list_groups(query: &GroupQuery) -> Result<Operation<Listing<GroupSummary>>> {
    query
        .write(Draft::get("/groups"))
        .operation(facts("list_groups", "/groups", Safe), listing)
}

/// `group`: `GET /groups/{id}`.
pub fn group(id: GroupId) -> Result<Operation<Group>> {
    Draft::get(format!("/groups/{id}")).operation(facts("group", "/groups/{group}", Safe), whole)
}

/// `add_group_member`: `PUT /groups/{id}/members/{user_id}`.
pub fn add_group_member(group: GroupId, user: UserId) -> Result<Operation<Group>> {
    Draft::new(Method::PUT, format!("/groups/{group}/members/{user}")).operation(
        facts(
            "add_group_member",
            "/groups/{group}/members/{user}",
            Idempotent,
        ),
        whole,
    )
}

/// `remove_group_member`: `DELETE /groups/{id}/members/{user_id}`.
pub fn remove_group_member(group: GroupId, user: UserId) -> Result<Operation<()>> {
    let operation = delete(format!("/groups/{group}/members/{user}")).operation(
        facts(
            "remove_group_member",
            "/groups/{group}/members/{user}",
            Idempotent,
        ),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `list_roles`: `GET /roles`, one page.
pub fn list_roles(query: &RoleQuery) -> Result<Operation<Listing<Role>>> {
    query
        .window
        .write(Draft::get("/roles"))
        .operation(facts("list_roles", "/roles", Safe), listing)
}
