//! OpenCTI 7: users, groups, organizations, tokens.
//!
//! # Credential
//! A token of a user whose roles bring `SETTINGS_SETACCESSES`, sent as `Authorization: Bearer`. The address is the server's, without
//! `/graphql`.
//!
//! ```
//! use usher_platforms::{Secret, opencti::OpenCti};
//!
//! # fn build() -> usher_platforms::Result<()> {
//! let opencti = OpenCti::builder("https://opencti.example.org/").token(Secret::from_env("OPENCTI_TOKEN")?).build()?;
//! # let _ = opencti; Ok(()) }
//! ```
//!
//! # Limits
//! The platform has none but one sign-in a second; four requests run at once, unless [`limits`](crate::Builder::limits) says otherwise.
//! Pages have 500 entries, at most 5000.
//!
//! # Fields and releases
//! The schema moves with every release, and a field that a server does not know fails the whole request. This client asks for
//! [all that the vendor's own client asks for](Selection::full), and gives a field up, with a warning in the log, when a server
//! says that it does not know it. What cannot be done without ([`Selection::core`], and tokens and sessions where they were asked
//! for) is [`Unsupported`](crate::Error::Unsupported) then. [`select`](OpenCti::select) asks for fields of one's own.
//!
//! # Traps
//! - **Refusals come with status 200.** Any error in an answer is a failure here, even beside data.
//! - **[`create_user`](OpenCti::create_user) is not atomic**: with an unknown group the user may be there all the same.
//! - **Users get default groups** beside those that are named, unless [`prevent_default_groups`](NewUser::prevent_default_groups).
//! - **Single sign-on rewrites groups** at the next sign-in, where the server maps them.
//! - **Roles hang on groups**, never on users; what a user may do is what the groups' roles bring.
//!
//! # Users
//! ```
//! use usher_platforms::opencti::{AccountStatus, Edit, Filter, FilterGroup, NewUser, UserQuery};
//! # use usher_platforms::{opencti::OpenCti, testing::{self, Script}};
//! # testing::run(async {
//! # let user = r#"{"id": "u-1", "user_email": "ada@acme.example"}"#;
//! # let page = format!(r#"{{"data": {{"users": {{"edges": [{{"node": {user}}}], "pageInfo": {{"hasNextPage": false}}}}}}}}"#);
//! # let edited = format!(r#"{{"data": {{"userEdit": {{"fieldPatch": {user}}}}}}}"#);
//! # let script = Script::new().json(200, &format!(r#"{{"data": {{"userAdd": {user}}}}}"#)).json(200, &page).json(200, &page)
//! #     .json(200, &format!(r#"{{"data": {{"user": {user}}}}}"#)).json(200, &edited).json(200, &edited)
//! #     .json(200, r#"{"data": {"userSessionsKill": ["s-1"]}}"#).json(200, r#"{"data": {"otpUserDeactivation": {"id": "u-1"}}}"#)
//! #     .json(200, r#"{"data": {"sendUserMail": true}}"#).json(200, r#"{"data": {"userEdit": {"delete": "u-1"}}}"#)
//! #     .json(200, r#"{"data": {"me": {"id": "u-0", "name": "admin"}}}"#);
//! # let opencti = OpenCti::builder("https://opencti.example.org/").token("t").transport(script.clone()).build()?;
//! let ada = opencti.create_user(&NewUser::new("Ada Lovelace", "ada@acme.example")).await?;
//!
//! let active = FilterGroup::all().filter(Filter::equals("account_status", ["Active"]));
//! let users = opencti.list_users(&UserQuery::new().filters(active)).all().await?;
//! let found = opencti.find_user("ada@acme.example").await?;
//! let with_tokens = opencti.with_tokens().with_sessions().read_user(&ada.id).await?;
//!
//! opencti.update_user(&ada.id, &[Edit::set("description", "SOC lead")]).await?;
//! opencti.update_user(&ada.id, &[Edit::status(&AccountStatus::Inactive)]).await?;
//! opencti.user_sessions_kill(&ada.id).await?;
//! opencti.otp_user_deactivation(&ada.id).await?;
//! opencti.send_mail(&ada.id, &"a template's id".into()).await?;
//! opencti.delete_user(&ada.id).await?;
//!
//! let me = opencti.me().await?;
//! # assert_eq!((users.len(), found.unwrap().id, with_tokens.unwrap().id, me.name.as_str(), script.left()), (1, ada.id.clone(), ada.id, "admin", 0));
//! # Ok(()) });
//! ```
//!
//! # Groups, organizations, tokens
//! ```
//! use usher_platforms::opencti::{GroupId, ListQuery, OrganizationId, TokenLife, User, UserId};
//! # use usher_platforms::{opencti::OpenCti, testing::{self, Script}};
//! # testing::run(async {
//! # let list = |name: &str| format!(r#"{{"data": {{"{name}": {{"edges": [], "pageInfo": {{"hasNextPage": false}}}}}}}}"#);
//! # let edit = |name: &str| format!(r#"{{"data": {{"userEdit": {{"{name}": {{"id": "x"}}}}}}}}"#);
//! # let script = Script::new().json(200, &edit("relationAdd")).json(200, &edit("relationDelete")).json(200, &edit("organizationAdd"))
//! #     .json(200, &edit("organizationDelete")).json(200, r#"{"data": {"userAdminTokenAdd": {"token_id": "k", "plaintext_token": "secret"}}}"#)
//! #     .json(200, r#"{"data": {"userAdminTokenRevoke": "k"}}"#).json(200, &list("groups")).json(200, &list("roles")).json(200, &list("organizations"))
//! #     .json(200, r#"{"data": {"sessions": []}}"#).json(200, r#"{"data": {"about": {"version": "7.1"}}}"#).json(200, r#"{"data": {"settings": {"id": "s"}}}"#);
//! # let opencti = OpenCti::builder("https://opencti.example.org/").token("t").transport(script.clone()).build()?;
//! let (ada, analysts, acme) = (UserId::new("u-1"), GroupId::new("g-1"), OrganizationId::new("o-1"));
//! opencti.add_membership(&ada, &analysts).await?;
//! opencti.delete_membership(&ada, &analysts).await?;
//! opencti.add_organization(&ada, &acme).await?;
//! opencti.delete_organization(&ada, &acme).await?;
//!
//! let made = opencti.create_token(&ada, "ci", TokenLife::Days90).await?;
//! let text = made.token.expose();                 // seen this once
//! opencti.remove_token(&ada, &made.id).await?;
//!
//! let groups = opencti.groups(&ListQuery::new()).all().await?;        // with the roles they bring
//! let roles = opencti.roles(&ListQuery::new()).all().await?;          // with what they permit
//! let organizations = opencti.organizations(&ListQuery::new()).all().await?;
//! let sessions = opencti.sessions().await?;
//! let version = opencti.about().await?.version;
//! let settings = opencti.raw("query { settings { id } }", &serde_json::json!({})).await?;
//! let user = User::from_value(serde_json::json!({"id": "u-1"}))?;    // what `raw` gave
//! # assert_eq!((text, groups.len(), roles.len(), organizations.len(), sessions.len(), version.as_str(), script.left()), ("secret", 0, 0, 0, 0, "7.1", 0));
//! # let _ = (settings, user); Ok(()) });
//! ```

pub mod operations;

mod answers;
mod client;
mod errors;
mod filters;
mod ids;
mod requests;
mod selection;
#[cfg(test)]
mod tests;

pub use answers::{
    About, AccountStatus, ApiToken, Capability, ConfidenceLevel, ConfidenceOverride, Creator,
    Group, Me, NewToken, Organization, Relation, Role, Session, User, UserSessions,
};
pub use client::{OpenCti, Own};
pub use filters::{Filter, FilterGroup, FilterMode, Operator};
pub use ids::{GroupId, OrganizationId, RoleId, TemplateId, TokenId, UserId};
pub use requests::{Confidence, Edit, ListQuery, NewUser, TokenLife, UserQuery, UserSelector};
pub use selection::Selection;
