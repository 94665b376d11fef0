//! Tenable Identity Exposure: users and roles.
//!
//! # Credential
//! The API key of a user, sent as `X-API-Key`. There is one a user; asking for a new one ends the old one at once, so
//! this library does not do it: an answer that is lost would lock the caller out. The address is the server's, without `/api`.
//!
//! ```
//! use usher_platforms::{Secret, tenable::IdentityExposure};
//!
//! # fn build() -> usher_platforms::Result<()> {
//! let tie = IdentityExposure::builder("https://tie.example.org/").key(Secret::from_env("TIE_API_KEY")?).build()?;
//! # let _ = tie; Ok(()) }
//! ```
//!
//! # Limits
//! None are published; four requests run at once, unless [`limits`](crate::Builder::limits) says otherwise. There are no pages and no
//! filters: a list is the whole list.
//!
//! # Traps
//! - **New users are inactive** unless [`active`](NewUser::active) is set.
//! - **[`set_user_roles`](IdentityExposure::set_user_roles) replaces** all roles. Two callers that each add one lose one of them.
//! - **Single sign-on brings roles back.** Of users whose [`provider`](User::provider) is `Ldap` or `Saml` the roles may return at the next
//!   sign-in.
//! - **Keys of other users and the time of last use** are not part of the API.
//! - **Password mails** are gone from newer releases; there the calls are [`Unsupported`](crate::Error::Unsupported).
//!
//! # Every operation
//! ```
//! use usher_platforms::{Secret, tenable::{NewUser, RoleId, UserChange}};
//! # use usher_platforms::{tenable::IdentityExposure, testing::{self, Script}};
//! # testing::run(async {
//! # let user = r#"{"id": 18, "name": "Grace", "email": "grace@example.org", "active": true, "roles": [2]}"#;
//! # let users = format!("[{user}]");
//! # let script = Script::new().json(201, &users).json(200, &users).json(200, &users).json(200, user).json(200, user).json(200, user)
//! #     .json(200, r#"{"roles": [2]}"#).json(200, r#"[{"id": 2, "name": "User"}]"#).json(200, "null").json(200, "null").json(200, "null")
//! #     .json(200, r#"{"id": 1, "roles": [{"id": 1}]}"#).json(200, r#"{"version": "3.77.0"}"#).json(200, "{}").answer(204, &[], "");
//! # let tie = IdentityExposure::builder("https://tie.example.org/").key("k").transport(script.clone()).build()?;
//! let grace = NewUser::new("Grace", "grace@example.org", "Cobalt-Lantern-73!").surname("Hopper").active(true);
//! let made = tie.create_users(&[grace]).await?;
//! let id = made[0].id;
//!
//! let everybody = tie.users().await?;
//! let found = tie.find_user("grace@example.org").await?;
//! let one = tie.user(id).await?;
//!
//! tie.update_user(id, &UserChange::new().department("Navy".to_owned())).await?;
//! tie.unlock(id).await?;
//! tie.set_user_roles(id, &[RoleId(2)]).await?;
//! let roles = tie.roles().await?;
//!
//! tie.change_own_password(&Secret::new("Cobalt-Lantern-73!"), &Secret::new("Copper-Lantern-74!")).await?;
//! tie.send_password_mail("grace@example.org").await?;
//! tie.redeem_password_token(&Secret::new("from the mail"), &Secret::new("Copper-Lantern-74!")).await?;
//!
//! let me = tie.whoami().await?;
//! let version = tie.about().await?.version;
//! let anything_else = tie.raw(http::Method::GET, "/api/profiles", &[], None).await?;
//! tie.delete_user(id).await?;
//! # assert_eq!((everybody.len(), found.unwrap().id, one.id, roles.len(), me.roles.len(), script.left()), (1, id, id, 1, 1, 0));
//! # let _ = (version, anything_else); Ok(()) });
//! ```

pub mod operations;

mod answers;
mod client;
mod errors;
mod ids;
mod requests;
#[cfg(test)]
mod tests;

pub use answers::{About, Me, Permission, Provider, Role, User};
pub use client::{IdentityExposure, Own};
pub use ids::{RoleId, UserId};
pub use requests::{NewUser, UserChange};
