//! The client and its methods.

use std::fmt;
use std::sync::Arc;

use http::Method;
use http::header::{AUTHORIZATION, HeaderName};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::core::auth::Fixed;
use crate::core::builder::{Builder, Client, sealed};
use crate::core::client::Core;
use crate::core::error::{Error, Result};
use crate::core::limits::Limits;
use crate::core::operation::Operation;
use crate::core::secret::Secret;
use crate::misp::answers::{
    AddedKey, AddedUser, AuthKey, Organisation, Role, User, UserRow, UserView, Version,
};
use crate::misp::ids::{KeyId, OrganisationRef, RoleId, UserId, UserRef};
use crate::misp::operations;
use crate::misp::requests::{
    NewAuthKey, NewOrganisation, NewUser, OrganisationChange, OrganisationQuery, UserChange,
    UserQuery,
};

/// A MISP server, as one of its users. Clones are cheap and share connections and limits.
#[derive(Clone)]
pub struct Misp {
    core: Core,
    /// Whether the key's owner administers; asked once, when it matters.
    administers: Arc<OnceCell<bool>>,
}

/// What MISP's builder asks for beside what all ask for.
#[derive(Debug, Default)]
pub struct Own {
    key: Option<Secret>,
    own_header: bool,
}

impl sealed::Sealed for Misp {}

impl Client for Misp {
    type Own = Own;
}

impl Builder<Misp> {
    /// The key: 40 letters and digits.
    pub fn key(mut self, key: impl Into<Secret>) -> Self {
        self.own.key = Some(key.into());
        self
    }

    /// Sends the key as `X-MISP-AUTH` in place of `Authorization`, for servers behind something that uses that itself.
    pub fn own_header(mut self) -> Self {
        self.own.own_header = true;
        self
    }

    /// Makes the client. Nothing is sent.
    pub fn build(self) -> Result<Misp> {
        let key = self
            .own
            .key
            .ok_or_else(|| Error::config("MISP wants a key: give the builder one with `key`"))?;
        let header = if self.own.own_header {
            HeaderName::from_static("x-misp-auth")
        } else {
            AUTHORIZATION
        };
        let core = self.settings.core(
            "misp",
            &self.address,
            Arc::new(Fixed::new(header, &key)?),
            crate::misp::errors::judge,
            Limits::at_once(4),
        )?;
        Ok(Misp {
            core,
            administers: Arc::new(OnceCell::new()),
        })
    }
}

impl Misp {
    /// Sets up a client for the server at an address; a prefix of the path belongs to it.
    pub fn builder(address: impl Into<String>) -> Builder<Self> {
        Builder::new(address)
    }

    /// Makes a call of an [operation](operations).
    pub async fn call<T>(&self, operation: Operation<T>) -> Result<T> {
        self.core.call(operation).await
    }

    /// Lists users with roles and organisations in short: all that match, as there are no pages.
    ///
    /// Organisation administrators see their own organisation's.
    #[doc(alias = "admin/users/index")]
    pub async fn users(&self, query: &UserQuery) -> Result<Vec<UserRow>> {
        self.call(operations::users(query)?).await
    }

    /// Finds the user with this address. The platform's search is a hint: what it finds is compared here, as a whole and
    /// without regard to case.
    pub async fn find_user(&self, email: &str) -> Result<Option<UserRow>> {
        // Quirk: these mean something else to the search; the whole list is then asked for (docs/wire/misp.md §4.1).
        let searchable = !email.contains(['/', '|', '%', '!']);
        let query = if searchable {
            UserQuery::new().search(email)
        } else {
            UserQuery::new()
        };
        let wanted = email.to_lowercase();
        let rows = self.users(&query).await?;
        Ok(rows
            .into_iter()
            .find(|row| row.user.email.to_lowercase() == wanted))
    }

    /// Reads a user with role, organisation and settings. Only site administrators read others;
    /// organisation administrators use [`get_user_as_admin`](Self::get_user_as_admin).
    #[doc(alias = "users/view")]
    pub async fn get_user(&self, user: impl Into<UserRef>) -> Result<UserView> {
        self.call(operations::get_user(user)?).await
    }

    /// Reads a user as an administrator does: site administrators anyone, organisation administrators their own people.
    #[doc(alias = "admin/users/view")]
    pub async fn get_user_as_admin(&self, user: impl Into<UserId>) -> Result<UserView> {
        self.call(operations::get_user_as_admin(user.into())?).await
    }

    /// Adds a user. It is sent once; MISP makes a key that works at once, whether it is wanted or not.
    #[doc(alias = "admin/users/add")]
    pub async fn add_user(&self, new: &NewUser) -> Result<AddedUser> {
        self.call(operations::add_user(new)?).await
    }

    /// Changes a user, by the way that the key's owner may go: administrators anyone, others themselves. Who the owner
    /// is is asked once and remembered.
    ///
    /// MISP accepts roles and organisations that do not exist; read the user back.
    #[doc(alias = "admin/users/edit")]
    pub async fn update_user(&self, id: impl Into<UserId>, change: &UserChange) -> Result<User> {
        let id = id.into();
        if self.administers().await? {
            return self.call(operations::update_user(id, change)?).await;
        }
        // Quirk: `users/edit` ignores the id and changes the caller, so another user's id is refused here
        // (docs/wire/misp.md §4.3).
        let me = self.get_user(UserRef::Me).await?.user.id;
        if me != id {
            return Err(Error::config(format!(
                "this key's owner is user {me} and no administrator, and may not change user {id}"
            )));
        }
        self.call(operations::update_own_user(id, change)?).await
    }

    async fn administers(&self) -> Result<bool> {
        let asked = self.administers.get_or_try_init(|| async {
            let role = self.get_user(UserRef::Me).await?.role;
            Ok::<_, Error>(role.perm_admin || role.perm_site_admin)
        });
        asked.await.copied()
    }

    /// Deletes a user with all their keys. To shut a person out and keep what refers to them, disable the account.
    #[doc(alias = "admin/users/delete")]
    pub async fn delete_user(&self, id: impl Into<UserId>) -> Result<()> {
        self.call(operations::delete_user(id.into())?).await
    }

    /// Changes the password of the key's owner. Keys stay valid.
    #[doc(alias = "change_user_password")]
    #[doc(alias = "users/change_pw")]
    pub async fn change_own_password(&self, new: &Secret) -> Result<()> {
        self.call(operations::change_own_password(new)?).await
    }

    /// Sets anyone's password, as an administrator. Keys stay valid.
    #[doc(alias = "change_user_password")]
    pub async fn set_user_password(
        &self,
        id: impl Into<UserId>,
        password: &Secret,
    ) -> Result<User> {
        self.call(operations::set_user_password(id.into(), password)?)
            .await
    }

    /// Gives a user another role. MISP accepts roles that do not exist; read the user back.
    #[doc(alias = "toggle_user_role")]
    pub async fn set_user_role(
        &self,
        id: impl Into<UserId>,
        role: impl Into<RoleId>,
    ) -> Result<User> {
        self.call(operations::set_user_role(id.into(), role.into())?)
            .await
    }

    /// Lists organisations: local ones, unless the query says otherwise.
    #[doc(alias = "organisations/index")]
    pub async fn organisations(&self, query: &OrganisationQuery) -> Result<Vec<Organisation>> {
        self.call(operations::organisations(query)?).await
    }

    /// Reads an organisation by id, UUID or name.
    #[doc(alias = "organisations/view")]
    pub async fn get_organisation(
        &self,
        which: impl Into<OrganisationRef>,
    ) -> Result<Organisation> {
        self.call(operations::get_organisation(which)?).await
    }

    /// Whether an organisation exists.
    pub async fn organisation_exists(&self, which: impl Into<OrganisationRef>) -> Result<bool> {
        match self.call(operations::organisation_exists(which)?).await {
            Err(Error::NotFound(_)) => Ok(false),
            other => other,
        }
    }

    /// Adds an organisation. It is sent once; names and UUIDs are unique.
    #[doc(alias = "admin/organisations/add")]
    pub async fn add_organisation(&self, new: &NewOrganisation) -> Result<Organisation> {
        self.call(operations::add_organisation(new)?).await
    }

    /// Changes an organisation, by id or UUID.
    #[doc(alias = "admin/organisations/edit")]
    pub async fn update_organisation(
        &self,
        which: impl Into<OrganisationRef>,
        change: &OrganisationChange,
    ) -> Result<Organisation> {
        self.call(operations::update_organisation(which, change)?)
            .await
    }

    /// Deletes an organisation, by id or UUID. While it has users or events it is an [`Error::Conflict`].
    #[doc(alias = "admin/organisations/delete")]
    pub async fn delete_organisation(&self, which: impl Into<OrganisationRef>) -> Result<()> {
        self.call(operations::delete_organisation(which)?).await
    }

    /// Lists roles. Which of them new users get is said by `default`.
    #[doc(alias = "roles/index")]
    pub async fn roles(&self) -> Result<Vec<Role>> {
        self.call(operations::roles()?).await
    }

    /// Reads a role.
    #[doc(alias = "roles/view")]
    pub async fn get_role(&self, id: impl Into<RoleId>) -> Result<Role> {
        self.call(operations::get_role(id.into())?).await
    }

    /// Says which role new users get, on the whole server.
    #[doc(alias = "admin/roles/set_default")]
    pub async fn set_default_role(&self, id: impl Into<RoleId>) -> Result<()> {
        self.call(operations::set_default_role(id.into())?).await
    }

    /// Lists keys: of one user, or all that the caller may see.
    #[doc(alias = "auth_keys/index")]
    pub async fn auth_keys(&self, user: Option<UserId>) -> Result<Vec<AuthKey>> {
        self.call(operations::auth_keys(user)?).await
    }

    /// Makes a key. It is sent once: asked twice, MISP makes two.
    #[doc(alias = "get_new_authkey")]
    #[doc(alias = "auth_keys/add")]
    pub async fn add_auth_key(
        &self,
        user: impl Into<UserRef>,
        new: &NewAuthKey,
    ) -> Result<AddedKey> {
        self.call(operations::add_auth_key(user, new)?).await
    }

    /// Deletes a key; it is refused from the next request on.
    #[doc(alias = "auth_keys/delete")]
    pub async fn delete_auth_key(&self, id: impl Into<KeyId>) -> Result<()> {
        self.call(operations::delete_auth_key(id.into())?).await
    }

    /// Ends a user's browser sessions, at the next request of each. Site administrators only.
    #[doc(alias = "admin/users/destroy")]
    pub async fn destroy_sessions(&self, user: impl Into<UserId>) -> Result<()> {
        self.call(operations::destroy_sessions(user.into())?).await
    }

    /// Takes a user's second factor away, for one who has lost it.
    #[doc(alias = "users/totp_delete")]
    pub async fn delete_totp(&self, user: impl Into<UserId>) -> Result<()> {
        self.call(operations::delete_totp(user.into())?).await
    }

    /// Reads the server's release, and when the key in use ends.
    #[doc(alias = "servers/getVersion")]
    pub async fn version(&self) -> Result<Version> {
        self.call(operations::version()?).await
    }

    /// Any other request, with the client's key, limits, tries and errors. What does not read is sent once.
    #[doc(alias = "direct_call")]
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value> {
        self.core
            .raw(method, path, query, body, operations::accepting)
            .await
    }
}

impl fmt::Debug for Misp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Misp").finish_non_exhaustive()
    }
}
