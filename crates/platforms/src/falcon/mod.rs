//! CrowdStrike Falcon: users, roles and grants, customers and groups, API clients.
//!
//! ```no_run
//! use usher_platforms::Secret;
//! use usher_platforms::falcon::{Cloud, Falcon, NewUser, RolesAction};
//!
//! # async fn example() -> usher_platforms::Result<()> {
//! let falcon = Falcon::builder(Cloud::Auto)
//!     .api_client("0123456789abcdef0123456789abcdef", Secret::from_env("FALCON_CLIENT_SECRET")?)
//!     .build()?;
//! let cid = falcon.ccid().await?;
//! let ana = falcon.create_user_mssp(&NewUser::new("ana@example.org").first_name("Ana").last_name("Lima")).await?;
//! falcon.user_roles_action(RolesAction::Grant, &cid, &ana.uuid, &["event_viewer".into()], None).await?;
//! falcon.close().await?;
//! # Ok(()) }
//! ```
//!
//! # Credential
//!
//! An API client: an id and a secret, which are exchanged for a token. The token is asked for with the first call, once for all
//! clones and tasks; it is renewed two minutes before its end, and once more when the platform refuses it.
//! [`close`](Falcon::close) revokes it. The API client needs the scopes *User management* to read and to write; for customers and
//! groups *Flight Control*, for [`ccid`](Falcon::ccid) *Sensor download*.
//!
//! A parent's API client speaks for a child customer by [`for_cid`](Falcon::for_cid): each view has a token of its own.
//!
//! # Clouds
//!
//! [`Cloud::Auto`] begins at `us-1` and goes where the platform says, though to the vendor's own hosts only. With a cloud that is
//! named, a customer who is at home in another one is an error that names it. The secret is sent nowhere else.
//!
//! # Limits
//!
//! 6000 requests a minute have been observed. A client sends ten at once and 90 a second, and heeds what answers say. Lists come in
//! pages of 500, groups of 100; long lists of ids are split, at 100 in addresses and at 5000 in bodies. There is no bulk read of
//! grants: it is one call for each user.
//!
//! # Traps
//!
//! - **No call disables a user.** [`delete_user_mssp`](Falcon::delete_user_mssp) is final, and one who is made again has another id;
//!   taking all grants away leaves an account that can sign in.
//! - Grants read back late: what was granted or revoked may show only after up to 90 seconds.
//! - [`query_roles`](Falcon::query_roles) lists what can be granted, not what a user holds: that is
//!   [`get_user_grants`](Falcon::get_user_grants).
//! - A custom role can be held only by users who are at home at its customer.
//! - A grant that came by a group is not revoked from the user: see [`Grant::is_direct`].
//! - A filter finds; it does not identify. [`find_user`](Falcon::find_user) compares the whole address.
//! - API clients belong to a customer and name no maker: they stay when their maker goes.
//! - [`reset_api_client_secret`](Falcon::reset_api_client_secret) kills the former secret at once: if the answer is lost, so is the client.
//!
//! Calls for several things at once may do some of them: that is [`Error::Partial`](crate::Error::Partial).
//!
//! # Users
//!
//! ```
//! # use usher_platforms::falcon::Falcon;
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::falcon::{Names, NewUser, UserAction, UserQuery, fql};
//!
//! # testing::run(async {
//! # let ana = r#"{"meta": {}, "resources": [{"uuid": "u-1", "uid": "ana@example.org"}]}"#;
//! # let ids = r#"{"meta": {"pagination": {"offset": 0, "limit": 500, "total": 1}}, "resources": ["u-1"]}"#;
//! # let done = r#"{"meta": {}, "errors": []}"#;
//! # let script = Script::new().json(201, r#"{"access_token": "t", "expires_in": 1799}"#)
//! #     .json(200, ids).json(200, ana).json(200, ids).json(200, ana).json(200, ana)
//! #     .json(200, ids).json(200, ids).json(200, r#"{"meta": {}, "resources": ["ana@example.org"]}"#)
//! #     .json(201, done).json(201, ana).json(201, ana).json(200, ana).json(200, ana)
//! #     .json(200, done).json(200, done).json(200, done);
//! # let falcon = Falcon::builder("https://falcon.example.org/").api_client("id", "secret").transport(script).build()?;
//! let active = UserQuery::new().filter(fql::equals("status", "active"));
//! let ids = falcon.query_users(&active).all().await?;
//! let users = falcon.retrieve_users(&ids).await?;
//! let ana = falcon.find_user("ana@example.org").await?.expect("is there");
//! assert_eq!(users[0].uuid, ana.uuid);
//!
//! // The older calls, at the customer that the client speaks for.
//! falcon.retrieve_user(&ids).await?;
//! falcon.retrieve_user_uuids_by_cid().await?;
//! falcon.retrieve_user_uuid(&["ana@example.org"]).await?;
//! falcon.retrieve_emails_by_cid().await?;
//!
//! let new = NewUser::new("ana@example.org").first_name("Ana").last_name("Lima");
//! falcon.validate_user(&new).await?;
//! let made = falcon.create_user_mssp(&new).await?;    // or `create_user`
//! # falcon.create_user(&new).await?;
//! falcon.update_user(&made.uuid, &Names::new().last_name("Lima-Cruz")).await?;
//! falcon.update_user_mssp(&made.uuid, &Names::new().first_name("Ana").last_name("Lima-Cruz")).await?;
//! falcon.user_action(UserAction::Reset2fa, &[made.uuid.clone()]).await?;
//! falcon.delete_user_mssp(&made.uuid).await?;         // or `delete_user`
//! # falcon.delete_user(&made.uuid).await?;
//! # Ok(()) });
//! ```
//!
//! # Roles and grants
//!
//! ```
//! # use usher_platforms::falcon::Falcon;
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::falcon::{Cid, GrantQuery, RoleId, RoleQuery, RolesAction, Uuid};
//!
//! # testing::run(async {
//! # let ids = r#"{"meta": {}, "resources": ["event_viewer"]}"#;
//! # let roles = r#"{"meta": {}, "resources": [{"id": "event_viewer", "display_name": "Event Viewer"}]}"#;
//! # let grants = r#"{"meta": {"pagination": {"total": 1}}, "resources": [{"role_id": "event_viewer", "grant_type": "direct"}]}"#;
//! # let done = r#"{"meta": {}, "errors": []}"#;
//! # let script = Script::new().json(201, r#"{"access_token": "t", "expires_in": 1799}"#)
//! #     .json(200, ids).json(200, roles).json(200, roles).json(200, ids).json(200, roles)
//! #     .json(200, done).json(200, grants).json(200, ids).json(200, ids).json(200, ids);
//! # let falcon = Falcon::builder("https://falcon.example.org/").api_client("id", "secret").transport(script).build()?;
//! # let (cid, ana) = (Cid::new("a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"), Uuid::new("u-1"));
//! let grantable = falcon.query_roles(&RoleQuery::new().user(ana.clone())).await?;
//! falcon.get_roles_mssp(&grantable, Some(&cid)).await?;
//! falcon.get_roles_mssp_v2(&grantable, Some(&cid)).await?;
//! let of_customer = falcon.get_available_role_ids().await?;
//! falcon.get_roles(&of_customer).await?;
//!
//! let viewer = [RoleId::from("event_viewer")];
//! let until = "2030-01-01T00:00:00Z".parse().ok();
//! falcon.user_roles_action(RolesAction::Grant, &cid, &ana, &viewer, until).await?;
//! let grants = falcon.get_user_grants(&ana, &GrantQuery::new().cid(&cid).v2()).all().await?;
//! assert!(grants[0].is_direct());
//!
//! // The older calls, at the customer that the client speaks for.
//! falcon.grant_user_role_ids(&ana, &viewer).await?;
//! falcon.get_user_role_ids(&ana).await?;
//! falcon.revoke_user_role_ids(&ana, &viewer).await?;
//! # Ok(()) });
//! ```
//!
//! # Customers, groups and links
//!
//! The members of a user group hold the roles of a link at the customers of a CID group.
//!
//! ```
//! # use usher_platforms::falcon::Falcon;
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::falcon::{ChildQuery, GroupChange, GroupQuery, NewGroup, RoleLinkQuery, Uuid};
//!
//! # testing::run(async {
//! # let cids = r#"{"meta": {"pagination": {"total": 1}}, "resources": ["A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1-5F"]}"#;
//! # let list = r#"{"meta": {"pagination": {"total": 1}}, "resources": ["g-1"]}"#;
//! # let users = r#"{"meta": {}, "resources": [{"user_group_id": "g-1", "name": "SOC", "user_uuids": []}]}"#;
//! # let customers = r#"{"meta": {}, "resources": [{"cid_group_id": "c-1", "name": "EMEA", "cids": []}]}"#;
//! # let link = r#"{"meta": {}, "resources": [{"id": "c-1:g-1", "role_ids": ["event_viewer"]}]}"#;
//! # let child = r#"{"meta": {}, "resources": [{"child_cid": "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "child_of": "x", "checksum": "5F"}]}"#;
//! # let done = r#"{"meta": {}, "errors": []}"#;
//! # let script = Script::new().json(201, r#"{"access_token": "t", "expires_in": 1799}"#)
//! #     .json(200, cids).json(200, cids).json(200, child)
//! #     .json(200, users).json(200, users).json(200, list).json(200, users)
//! #     .json(200, done).json(200, users).json(200, list).json(200, done)
//! #     .json(200, customers).json(200, customers).json(200, list).json(200, customers)
//! #     .json(200, done).json(200, customers).json(200, list).json(200, done)
//! #     .json(200, link).json(200, list).json(200, link).json(200, done).json(200, done).json(200, done);
//! # let falcon = Falcon::builder("https://falcon.example.org/").api_client("id", "secret").transport(script).build()?;
//! let own = falcon.ccid().await?;
//! let ids = falcon.query_children(&ChildQuery::new()).all().await?;
//! let children = falcon.get_children(&ids).await?;
//! # assert_eq!(own, children[0].child_cid);
//!
//! let analysts = falcon.create_user_group(&NewGroup::new("SOC")).await?.user_group_id;
//! falcon.update_user_group(&analysts, &GroupChange::new().description("Analysts")).await?;
//! let groups = falcon.query_user_groups(&GroupQuery::new()).all().await?;
//! falcon.get_user_groups(&groups).await?;
//! let ana = Uuid::new("u-1");
//! falcon.add_user_group_members(&analysts, &[ana.clone()]).await?;
//! falcon.get_user_group_members(&groups).await?;
//! falcon.query_user_group_members(&ana).all().await?;
//! falcon.remove_user_group_members(&analysts, &[ana]).await?;
//!
//! let emea = falcon.create_cid_group(&NewGroup::new("EMEA")).await?.cid_group_id;
//! falcon.update_cid_group(&emea, &GroupChange::new().name("Europe")).await?;
//! let groups = falcon.query_cid_groups(&GroupQuery::new()).all().await?;
//! falcon.get_cid_groups(&groups).await?;
//! falcon.add_cid_group_members(&emea, &ids).await?;
//! falcon.get_cid_group_members(&groups).await?;
//! falcon.query_cid_group_members(&ids[0]).all().await?;
//! falcon.remove_cid_group_members(&emea, &ids).await?;
//!
//! falcon.add_role_link(&analysts, &emea, &["event_viewer".into()]).await?;
//! let links = falcon.query_role_links(&RoleLinkQuery::new().user_group(analysts.clone())).all().await?;
//! falcon.get_role_links(&links).await?;
//! falcon.remove_role_link(&analysts, &emea, None).await?;
//! falcon.delete_user_groups(&[analysts]).await?;
//! falcon.delete_cid_groups(&[emea]).await?;
//! # Ok(()) });
//! ```
//!
//! # API clients
//!
//! ```
//! # use usher_platforms::falcon::Falcon;
//! # use usher_platforms::testing::{self, Script};
//! use usher_platforms::falcon::{ApiClientChange, NewApiClient, PlainQuery};
//!
//! # testing::run(async {
//! # let client = r#"{"meta": {}, "resources": [{"id": "c-1", "name": "reporting", "client_secret": "s"}]}"#;
//! # let done = r#"{"meta": {}, "errors": []}"#;
//! # let script = Script::new().json(201, r#"{"access_token": "t", "expires_in": 1799}"#)
//! #     .json(200, r#"{"meta": {}, "resources": [{"id": "user-management:read"}]}"#).json(201, client)
//! #     .json(200, r#"{"meta": {}, "resources": ["c-1"]}"#).json(200, client).json(200, client).json(201, client).json(202, done)
//! #     .json(200, done);
//! # let falcon = Falcon::builder("https://falcon.example.org/").api_client("id", "secret").transport(script).build()?;
//! let scopes = falcon.get_accessible_scopes().await?;
//! let made = falcon.create_api_client(&NewApiClient::new("reporting", [scopes[0].id.clone()])).await?;
//! assert_eq!(format!("{:?}", made.secret), "Secret(…)");
//! let ids = falcon.query_api_clients(&PlainQuery::new()).all().await?;
//! falcon.get_api_clients(&ids).await?;
//! falcon.update_api_client(&ids[0], &ApiClientChange::new().description("reads only")).await?;
//! falcon.reset_api_client_secret(&ids[0]).await?;
//! falcon.delete_api_clients(&ids).await?;
//!
//! falcon.close().await?;
//! # Ok(()) });
//! ```
//!
//! # Anything else
//!
//! ```
//! # use usher_platforms::falcon::Falcon;
//! # use usher_platforms::testing::{self, Script};
//! # testing::run(async {
//! # let script = Script::new().json(201, r#"{"access_token": "t", "expires_in": 1799}"#).json(200, r#"{"meta": {}, "resources": []}"#);
//! # let falcon = Falcon::builder("https://falcon.example.org/").api_client("id", "secret").transport(script).build()?;
//! let path = "user-management/queries/user-invitations/v1";
//! let invitations = falcon.raw(http::Method::GET, path, &[("limit", "10")], None).await?;
//! # assert!(invitations["resources"].is_array()); Ok(()) });
//! ```
pub mod fql;
pub mod operations;

mod answers;
mod client;
mod cloud;
mod errors;
mod flight_control;
mod group_answers;
mod group_requests;
mod ids;
mod paging;
mod requests;
#[cfg(test)]
mod tests;
mod token;
mod users;

pub use answers::{AccessToken, Grant, LegacyRole, LegacyUser, Listing, Role, User};
pub use client::{Falcon, Own};
pub use cloud::Cloud;
pub use group_answers::{
    ApiClient, ApiClientSecret, Child, CidGroup, CidGroupMembers, RoleLink, Scope, UserGroup,
    UserGroupMembers,
};
pub use group_requests::{ApiClientChange, GroupChange, NewApiClient, NewGroup};
pub use ids::{ApiClientId, Cid, CidGroupId, RoleId, RoleLinkId, UserGroupId, Uuid};
pub use requests::{
    ChildQuery, GrantQuery, GroupQuery, Names, NewUser, PlainQuery, RoleLinkQuery, RoleQuery,
    RolesAction, UserAction, UserQuery,
};
