//! MISP 2.5: users, organisations, roles, keys.
//!
//! # Credential
//! A key of 40 letters and digits, made under *Auth Keys*, sent as `Authorization` (or, with
//! [`own_header`](crate::Builder::own_header), as `X-MISP-AUTH`). It may do what its owner may: a site administrator
//! everything, an organisation administrator what concerns their own organisation. When it ends is said by
//! [`version`](Misp::version). The address may have a prefix: `https://host.example/misp`.
//!
//! ```
//! use usher_platforms::{Secret, misp::Misp};
//!
//! # fn build() -> usher_platforms::Result<()> {
//! let misp = Misp::builder("https://misp.example.org/").key(Secret::from_env("MISP_KEY")?).build()?;
//! # let _ = misp; Ok(()) }
//! ```
//!
//! # Limits
//! MISP limits none of these calls; four run at once, unless [`limits`](crate::Builder::limits) says otherwise. There are no pages: a
//! list is the whole list.
//!
//! # Traps
//! - **A key comes with every user.** [`add_user`](Misp::add_user) makes one that works at once, whether it is wanted or not. It is
//!   seen only in that answer; delete it if it is not to be handed out.
//! - **Roles and organisations that do not exist are accepted** by [`update_user`](Misp::update_user) and
//!   [`set_user_role`](Misp::set_user_role). Read the user back: the role is then empty.
//! - **Searches are hints.** `%`, `_`, `|` and `!` mean something to the platform, and a slash cannot be searched for. To look one person
//!   up, use [`find_user`](Misp::find_user), which compares the whole address itself.
//! - **A refused key is a 403** like everything else that is refused. Here it is [`Unauthenticated`](crate::Error::Unauthenticated).
//! - **Who does not administer changes only themselves**, whatever id is given; this library refuses other ids.
//! - **Keys outlive passwords**, and come back to life when a disabled account is enabled again. Delete them.
//!
//! # Users
//! ```
//! use usher_platforms::{Secret, misp::{NewUser, UserChange, UserQuery, UserRef}};
//! # use usher_platforms::{misp::Misp, testing::{self, Script}};
//! # testing::run(async {
//! # let user = r#"{"User": {"id": "9", "email": "ana@corp.example", "role_id": "3"}}"#;
//! # let view = r#"{"User": {"id": "1"}, "Role": {"id": "1", "perm_admin": true}, "UserSetting": []}"#;
//! # let rows = r#"[{"User": {"id": "9", "email": "ana@corp.example"}, "Role": {}, "Organisation": {}}]"#;
//! # let script = Script::new()
//! #     .json(200, r#"{"User": {"id": "9", "authkey": "0123456789"}}"#).json(200, rows).json(200, rows).json(200, view)
//! #     .json(200, view).json(200, view).json(200, user).json(200, user).json(200, user).json(200, "{}").json(200, "{}")
//! #     .json(200, "{}").json(200, "{}");
//! # let misp = Misp::builder("https://misp.example.org/").key("k").transport(script.clone()).build()?;
//! let added = misp.add_user(&NewUser::new("ana@corp.example").organisation(2).role(3)).await?;
//! let first_key: Option<Secret> = added.authkey;
//!
//! let everybody = misp.users(&UserQuery::new()).await?;
//! let ana = misp.find_user("ana@corp.example").await?.expect("she was just added").user;
//! let me = misp.get_user(UserRef::Me).await?;
//! let as_organisation_administrator = misp.get_user_as_admin(ana.id).await?;
//!
//! misp.update_user(ana.id, &UserChange::new().autoalert(true)).await?;
//! misp.set_user_role(ana.id, 4).await?;
//! misp.set_user_password(ana.id, &Secret::new("Cobalt-Lantern-73!")).await?;
//! misp.change_own_password(&Secret::new("Copper-Lantern-74!")).await?;
//!
//! misp.delete_totp(ana.id).await?;
//! misp.destroy_sessions(ana.id).await?;
//! misp.delete_user(ana.id).await?;
//! # assert_eq!(first_key.unwrap().expose(), "0123456789");
//! # assert_eq!((everybody.len(), me.user.id.0, as_organisation_administrator.user.id.0, script.left()), (1, 1, 1, 0));
//! # Ok(()) });
//! ```
//!
//! # Organisations
//! ```
//! use usher_platforms::misp::{NewOrganisation, OrganisationChange, OrganisationQuery, OrganisationRef, OrganisationScope};
//! # use usher_platforms::{misp::Misp, testing::{self, Script}};
//! # testing::run(async {
//! # let one = r#"{"Organisation": {"id": "2", "name": "Corp", "uuid": "192dd0dd-8ed1-4b3c-9b3d-000000000002"}}"#;
//! # let script = Script::new().json(200, one).json(200, &format!("[{one}]")).json(200, one).answer(404, &[], "").json(200, one).json(200, "{}");
//! # let misp = Misp::builder("https://misp.example.org/").key("k").transport(script.clone()).build()?;
//! let corp = misp.add_organisation(&NewOrganisation::new("Corp").kind("CSIRT").nationality("LU")).await?;
//! let all = misp.organisations(&OrganisationQuery::new().scope(OrganisationScope::All)).await?;
//! let by_uuid = misp.get_organisation(OrganisationRef::Uuid(corp.uuid.clone())).await?;
//! let taken = misp.organisation_exists(OrganisationRef::Name("Corp II".into())).await?;
//! misp.update_organisation(corp.id, &OrganisationChange::new().sector("energy")).await?;
//! misp.delete_organisation(corp.id).await?;      // a Conflict while it has users
//! # assert!(!taken && all.len() == 1 && by_uuid.name == "Corp" && script.left() == 0);
//! # Ok(()) });
//! ```
//!
//! # Roles and keys
//! ```
//! use usher_platforms::misp::{NewAuthKey, UserRef};
//! # use usher_platforms::{misp::{Misp, UserId}, testing::{self, Script}};
//! # testing::run(async {
//! # let role = r#"{"Role": {"id": "3", "name": "User"}}"#;
//! # let key = r#"{"AuthKey": {"id": "9", "user_id": "7", "authkey_raw": "0123456789"}}"#;
//! # let script = Script::new().json(200, &format!("[{role}]")).json(200, role).json(200, "{}").json(200, key)
//! #     .json(200, r#"[{"AuthKey": {"id": "9", "user_id": "7"}}]"#).json(200, "{}").json(200, r#"{"version": "2.5.1"}"#).json(200, "[]");
//! # let misp = Misp::builder("https://misp.example.org/").key("k").transport(script.clone()).build()?;
//! # let ana = UserId(7);
//! let roles = misp.roles().await?;                // `default` says which one new users get
//! let user = misp.get_role(3).await?;
//! misp.set_default_role(3).await?;
//!
//! let made = misp.add_auth_key(ana, &NewAuthKey::new().comment("ci").read_only(true)).await?;
//! let keys = misp.auth_keys(Some(ana)).await?;
//! misp.delete_auth_key(made.key.id).await?;
//!
//! let version = misp.version().await?;
//! let anything_else = misp.raw(http::Method::GET, "tags/index", &[], None).await?;
//! # let _ = UserRef::Me; assert_eq!((roles.len(), user.id.0, keys.len(), version.version.as_str(), script.left()), (1, 3, 1, "2.5.1", 0));
//! # let _ = anything_else; Ok(()) });
//! ```

pub mod operations;

mod answers;
mod client;
mod errors;
mod ids;
mod requests;
#[cfg(test)]
mod tests;

pub use answers::{
    AddedKey, AddedUser, AuthKey, Organisation, Role, User, UserRow, UserView, Version,
};
pub use client::{Misp, Own};
pub use ids::{KeyId, OrganisationId, OrganisationRef, RoleId, UserId, UserRef};
pub use requests::{
    NewAuthKey, NewOrganisation, NewUser, OrganisationChange, OrganisationQuery, OrganisationScope,
    UserChange, UserQuery,
};
