//! The client and its methods.

use std::fmt;
use std::sync::Arc;

use http::Method;
use http::header::HeaderName;
use serde_json::Value;

use crate::core::auth::Fixed;
use crate::core::builder::{Builder, Client, sealed};
use crate::core::client::Core;
use crate::core::error::{Error, Result};
use crate::core::limits::Limits;
use crate::core::operation::Operation;
use crate::core::secret::Secret;
use crate::tenable::answers::{About, Me, Role, User};
use crate::tenable::ids::{RoleId, UserId};
use crate::tenable::operations;
use crate::tenable::requests::{NewUser, UserChange};

/// A Tenable Identity Exposure server, as one of its users. Clones are cheap and share connections and limits.
#[derive(Clone)]
pub struct IdentityExposure {
    core: Core,
}

/// What the builder asks for beside what all ask for.
#[derive(Debug, Default)]
pub struct Own {
    key: Option<Secret>,
}

impl sealed::Sealed for IdentityExposure {}

impl Client for IdentityExposure {
    type Own = Own;
}

impl Builder<IdentityExposure> {
    /// The API key.
    pub fn key(mut self, key: impl Into<Secret>) -> Self {
        self.own.key = Some(key.into());
        self
    }

    /// Makes the client. Nothing is sent.
    pub fn build(self) -> Result<IdentityExposure> {
        let key = self.own.key.ok_or_else(|| {
            Error::config("Identity Exposure wants an API key: give the builder one with `key`")
        })?;
        let core = self.settings.core(
            "tenable",
            &self.address,
            Arc::new(Fixed::new(HeaderName::from_static("x-api-key"), &key)?),
            crate::tenable::errors::judge,
            Limits::at_once(4),
        )?;
        Ok(IdentityExposure { core })
    }
}

impl IdentityExposure {
    /// Sets up a client for the server at an address, without the `/api` that all its paths begin with.
    pub fn builder(address: impl Into<String>) -> Builder<Self> {
        Builder::new(address)
    }

    /// Makes a call of an [operation](operations).
    pub async fn call<T>(&self, operation: Operation<T>) -> Result<T> {
        self.core.call(operation).await
    }

    /// Lists all users: there are no pages and no filters.
    #[doc(alias = "list")]
    pub async fn users(&self) -> Result<Vec<User>> {
        self.call(operations::users()?).await
    }

    /// Finds the user with this address, by looking through all of them.
    pub async fn find_user(&self, email: &str) -> Result<Option<User>> {
        let wanted = email.to_lowercase();
        let users = self.users().await?;
        Ok(users
            .into_iter()
            .find(|user| user.email.to_lowercase() == wanted))
    }

    /// Reads a user.
    #[doc(alias = "details")]
    pub async fn user(&self, id: impl Into<UserId>) -> Result<User> {
        self.call(operations::user(id.into())?).await
    }

    /// Reads the key's owner, with whole roles.
    #[doc(alias = "info")]
    pub async fn whoami(&self) -> Result<Me> {
        self.call(operations::whoami()?).await
    }

    /// Makes users, several at once if need be; the answer keeps their order. It is sent once.
    #[doc(alias = "create")]
    pub async fn create_users(&self, new: &[NewUser]) -> Result<Vec<User>> {
        self.call(operations::create_users(new)?).await
    }

    /// Changes a user.
    #[doc(alias = "update")]
    pub async fn update_user(&self, id: impl Into<UserId>, change: &UserChange) -> Result<User> {
        self.call(operations::update_user(id.into(), change)?).await
    }

    /// Ends the lock that failed sign-ins have brought about.
    pub async fn unlock(&self, id: impl Into<UserId>) -> Result<User> {
        self.update_user(id, &UserChange::new().unlock()).await
    }

    /// Deletes a user.
    #[doc(alias = "delete")]
    pub async fn delete_user(&self, id: impl Into<UserId>) -> Result<()> {
        self.call(operations::delete_user(id.into())?).await
    }

    /// Replaces all of a user's roles. To add one, read them first; two that do so at once lose one of the changes.
    #[doc(alias = "update_user_roles")]
    pub async fn set_user_roles(
        &self,
        id: impl Into<UserId>,
        roles: &[RoleId],
    ) -> Result<Vec<RoleId>> {
        self.call(operations::set_user_roles(id.into(), roles)?)
            .await
    }

    /// Changes the password of the key's owner. It is sent once: the second time the old one would be wrong.
    #[doc(alias = "change_password")]
    pub async fn change_own_password(&self, old: &Secret, new: &Secret) -> Result<()> {
        self.call(operations::change_own_password(old, new)?).await
    }

    /// Mails a link for a new password to this address; says nothing of whether it is known. Releases that have lost the call
    /// answer [`Error::Unsupported`].
    #[doc(alias = "create_password")]
    pub async fn send_password_mail(&self, email: &str) -> Result<()> {
        self.call(operations::send_password_mail(email)?).await
    }

    /// Sets a password with the token of such a link.
    #[doc(alias = "retrieve_password")]
    pub async fn redeem_password_token(&self, token: &Secret, new: &Secret) -> Result<()> {
        self.call(operations::redeem_password_token(token, new)?)
            .await
    }

    /// Lists roles.
    #[doc(alias = "roles.list")]
    pub async fn roles(&self) -> Result<Vec<Role>> {
        self.call(operations::roles()?).await
    }

    /// Reads the server's release.
    #[doc(alias = "about.version")]
    pub async fn about(&self) -> Result<About> {
        self.call(operations::about()?).await
    }

    /// Any other request, with the client's key, limits, tries and errors; the path begins with `/api`. What does not read is sent once.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value> {
        self.core
            .raw(method, path, query, body, |draft| draft)
            .await
    }
}

impl fmt::Debug for IdentityExposure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IdentityExposure")
            .finish_non_exhaustive()
    }
}
