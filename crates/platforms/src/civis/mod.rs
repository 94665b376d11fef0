//! Civis Platform: users, their keys, groups and roles.
//!
//! ```no_run
//! use usher_platforms::Secret;
//! use usher_platforms::civis::{Civis, NewUser, PLATFORM};
//!
//! # async fn example() -> usher_platforms::Result<()> {
//! let civis = Civis::builder(PLATFORM).key(Secret::from_env("CIVIS_API_KEY")?).build()?;
//! let me = civis.me().await?;
//! let group = me.primary_group_id.unwrap_or_default();
//! let made = civis.create_user(&NewUser::new("Ana Lima", "ana@example.org", group, "alima")).await?;
//! # let _ = made; Ok(()) }
//! ```
//!
//! # Credential
//!
//! A key, which is sent by Basic authentication as a name without a password. Keys expire; the platform is said to allow 30 days
//! at most, so a program that runs for long makes itself a new one in time ([`create_api_key`](Civis::create_api_key) for
//! [`KeyOwner::Me`]) and revokes the former.
//!
//! # Limits
//!
//! The platform allows 1000 requests in five minutes. A client sends four at once and three a second, with 100 in advance, and
//! heeds `Retry-After`. Lists come in pages: of 1000, keys and roles of 50. A list that changes while it is read loses nothing
//! and doubles nothing.
//!
//! # Traps
//!
//! - **No call deletes a user.** Deactivate it ([`UserChange::active`]), end its sessions and revoke its keys.
//! - Lists of users hold active ones only, unless [`AccountFilter::All`] is asked for.
//! - Searches find parts of names. [`find_users`](Civis::find_users) and [`find_login`](Civis::find_login) compare the whole. The
//!   login is unique and never changes; an address may be of several users.
//! - [`UserChange::groups`] replaces all groups. To add one, use [`add_group_member`](Civis::add_group_member).
//! - A new address is mailed and waits in `unconfirmed_email` until its owner confirms it.
//! - Roles are held by groups, not by users: [`Me::roles`], [`Group::role_ids`].
//! - Revoked and expired keys stay listed; [`ApiKeySummary::active`] says which work.
//! - `null` and absence differ in a change: [`Change::Clear`](crate::Change::Clear) and [`Change::Keep`](crate::Change::Keep).
//! - Themes are gone from newer releases: [`Error::Unsupported`](crate::Error::Unsupported).
//!
//! # Users
//!
//! ```
//! # use usher_platforms::civis::{Civis, PLATFORM};
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::Change;
//! use usher_platforms::civis::{AccountFilter, NewUser, UserChange, UserQuery};
//!
//! # testing::run(async {
//! # let ana = r#"{"id": 9, "user": "alima", "email": "ana@example.org", "active": true}"#;
//! # let list = format!("[{ana}]");
//! # let one = [("x-pagination-total-pages", "1")];
//! # let script = Script::new().answer(200, &one, &list).answer(200, &one, &list).answer(200, &one, &list)
//! #     .json(200, ana).json(200, ana).json(200, ana).json(200, ana).json(200, ana)
//! #     .json(200, r#"{"id": 9, "user": "alima"}"#).answer(204, &[], "");
//! # let civis = Civis::builder(PLATFORM).key("key").transport(script).build()?;
//! let everyone = civis.list_users(&UserQuery::new().account_status(AccountFilter::All)).all().await?;
//! let found = civis.find_users("ana@example.org").await?;
//! let login = civis.find_login("alima").await?;
//! assert_eq!((everyone.len(), found.len()), (1, 1));
//!
//! let ana = civis.create_user(&NewUser::new("Ana Lima", "ana@example.org", 31, "alima").city("Lyon")).await?.id;
//! assert_eq!(civis.user(ana).await?.user, "alima");
//! civis.update_user(ana, &UserChange::new().title("Lead").city(Change::Clear)).await?;
//!
//! civis.delete_sessions(ana).await?;
//! civis.delete_2fa(ana).await?;
//! civis.unsuspend(ana).await?;
//! civis.send_access_email(ana).await?;
//! # assert!(login.is_some()); Ok(()) });
//! ```
//!
//! # Keys
//!
//! ```
//! # use usher_platforms::civis::{Civis, PLATFORM};
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::civis::{Constraint, KeyOwner, KeyQuery, NewApiKey, UserId};
//!
//! # testing::run(async {
//! # let key = r#"{"id": 5, "name": "ci", "active": true, "token": "t"}"#;
//! # let script = Script::new().json(200, key).json(200, key).answer(200, &[("x-pagination-total-pages", "1")], "[]").json(200, key);
//! # let civis = Civis::builder(PLATFORM).key("key").transport(script).build()?;
//! let new = NewApiKey::new("ci", 86_400).constraint(Constraint::prefix("users").reading());
//! let made = civis.create_api_key(KeyOwner::Me, &new).await?;
//! assert_eq!(format!("{:?}", made.token), "Secret(…)");
//!
//! let key = civis.api_key(KeyOwner::Me, made.key.id).await?;
//! let of_another = civis.list_api_keys(UserId(9), &KeyQuery::new()).all().await?;
//! civis.revoke_api_key(KeyOwner::Me, key.id).await?;
//! # assert!(of_another.is_empty()); Ok(()) });
//! ```
//!
//! # Groups and roles
//!
//! ```
//! # use usher_platforms::civis::{Civis, PLATFORM};
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::civis::{GroupQuery, Permission, RoleQuery};
//!
//! # testing::run(async {
//! # let group = r#"{"id": 43, "name": "Analysts", "roleIds": [13], "members": []}"#;
//! # let one = [("x-pagination-total-pages", "1")];
//! # let script = Script::new().answer(200, &one, &format!("[{group}]")).json(200, group).json(200, group).answer(204, &[], "")
//! #     .answer(200, &one, r#"[{"id": 13, "name": "Standard User", "slug": "standard_user"}]"#);
//! # let civis = Civis::builder(PLATFORM).key("key").transport(script).build()?;
//! let groups = civis.list_groups(&GroupQuery::new().permission(Permission::Manage)).all().await?;
//! let group = civis.group(groups[0].id).await?;
//! civis.add_group_member(group.id, 9).await?;
//! civis.remove_group_member(group.id, 9).await?;
//!
//! let roles = civis.list_roles(&RoleQuery::new()).all().await?;
//! assert_eq!(roles[0].id, group.role_ids[0]);
//! # Ok(()) });
//! ```
//!
//! # The caller
//!
//! ```
//! # use usher_platforms::civis::{Civis, PLATFORM};
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::civis::{ActivityQuery, FavoriteQuery, MeChange, ObjectType, Rank};
//!
//! # testing::run(async {
//! # let me = r#"{"id": 7, "username": "wwire", "roles": ["org_admin"]}"#;
//! # let favorite = r#"{"id": 24, "objectId": 11, "objectType": "Project"}"#;
//! # let script = Script::new().json(200, me).json(200, me).json(200, "[]").json(200, "[]")
//! #     .json(200, r#"[{"id": 1}]"#).json(200, r#"{"id": 1}"#).json(201, favorite)
//! #     .answer(200, &[("x-pagination-total-pages", "1")], &format!("[{favorite}]")).answer(204, &[], "").answer(204, &[], "");
//! # let civis = Civis::builder(PLATFORM).key("key").transport(script).build()?;
//! let me = civis.me().await?;
//! assert!(me.roles.iter().any(|role| role == "org_admin"));
//! let change = MeChange::new().preference("default_success_notifications_on", false).remove_preference("welcome_order_dir");
//! civis.update_me(&change).await?;
//! civis.my_activity(&ActivityQuery::new().status("failed")).await?;
//! civis.my_organization_admins().await?;
//! let themes = civis.my_themes().await?;
//! civis.my_theme(themes[0].id).await?;
//!
//! let favorite = civis.add_favorite(11, ObjectType::Project).await?.id;
//! civis.my_favorites(&FavoriteQuery::new()).all().await?;
//! civis.rank_favorite(favorite, Rank::Top).await?;
//! civis.delete_favorite(favorite).await?;
//! # Ok(()) });
//! ```
//!
//! # Anything else
//!
//! ```
//! # use usher_platforms::civis::{Civis, PLATFORM};
//! # use usher_platforms::testing::{self, Script};
//! # testing::run(async {
//! # let script = Script::new().json(200, "[]");
//! # let civis = Civis::builder(PLATFORM).key("key").transport(script).build()?;
//! let announcements = civis.raw(http::Method::GET, "announcements", &[("limit", "10")], None).await?;
//! # assert!(announcements.is_array()); Ok(()) });
//! ```
pub mod operations;

mod answers;
mod client;
mod errors;
mod ids;
mod key_answers;
mod object_answers;
mod paging;
mod queries;
mod requests;
#[cfg(test)]
mod tests;

pub use answers::{
    AccountStatus, Listing, Me, Role, SimpleUser, Suspension, UserDetail, UserGroup, UserSummary,
};
pub use client::{Civis, Own, PLATFORM};
pub use ids::{FavoriteId, GroupId, KeyId, KeyOwner, OrganizationId, RoleId, ThemeId, UserId};
pub use key_answers::{ApiKey, ApiKeySummary, Constraint, ConstraintType, NewApiKeyMade};
pub use object_answers::{
    Activity, Favorite, FavoriteSummary, Group, GroupSummary, LogoFile, ObjectType, Theme,
    ThemeSummary,
};
pub use queries::{
    AccountFilter, ActivityQuery, Direction, FavoriteQuery, GroupQuery, KeyQuery, Permission,
    RoleQuery, UserQuery,
};
pub use requests::{MeChange, NewApiKey, NewUser, Rank, UserChange};
