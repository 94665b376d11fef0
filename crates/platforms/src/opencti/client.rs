//! The client and its methods.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::core::auth::Fixed;
use crate::core::builder::{Builder, Client, sealed};
use crate::core::client::Core;
use crate::core::environment::unknown_password;
use crate::core::error::{Error, Result};
use crate::core::limits::Limits;
use crate::core::operation::Operation;
use crate::core::paging::{Page, Paged};
use crate::core::secret::Secret;
use crate::opencti::answers::{
    About, Group, Me, NewToken, Organization, Relation, Role, User, UserSessions,
};
use crate::opencti::errors::{UNKNOWN_FIELDS, judge};
use crate::opencti::filters::{Filter, FilterGroup};
use crate::opencti::ids::{GroupId, OrganizationId, TemplateId, TokenId, UserId};
use crate::opencti::operations;
use crate::opencti::requests::{Edit, ListQuery, NewUser, TokenLife, UserQuery, UserSelector};
use crate::opencti::selection::Selection;

/// An OpenCTI server, as one of its users. Clones are cheap and share connections and limits.
#[derive(Clone)]
pub struct OpenCti {
    core: Core,
    selection: Selection,
    /// Fields that the server does not know.
    unknown: Arc<Mutex<BTreeSet<String>>>,
}

/// What OpenCTI's builder asks for beside what all ask for.
#[derive(Debug, Default)]
pub struct Own {
    token: Option<Secret>,
}

impl sealed::Sealed for OpenCti {}

impl Client for OpenCti {
    type Own = Own;
}

impl Builder<OpenCti> {
    /// The token.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.own.token = Some(token.into());
        self
    }

    /// Makes the client. Nothing is sent.
    pub fn build(self) -> Result<OpenCti> {
        let token = self.own.token.ok_or_else(|| {
            Error::config("OpenCTI wants a token: give the builder one with `token`")
        })?;
        let core = self.settings.core(
            "opencti",
            &self.address,
            Arc::new(Fixed::bearer(&token)?),
            judge,
            Limits::at_once(4),
        )?;
        Ok(OpenCti {
            core,
            selection: Selection::full(),
            unknown: Arc::default(),
        })
    }
}

impl OpenCti {
    /// Sets up a client for the server at an address, without the `/graphql` that everything is sent to.
    pub fn builder(address: impl Into<String>) -> Builder<Self> {
        Builder::new(address)
    }

    /// Makes a call of an [operation](operations).
    pub async fn call<T>(&self, operation: Operation<T>) -> Result<T> {
        self.core.call(operation).await
    }

    /// The client with another selection of the fields of users, such as `opencti.select("id name")`.
    #[doc(alias = "customAttributes")]
    #[must_use]
    pub fn select(&self, selection: impl Into<Selection>) -> Self {
        Self {
            selection: selection.into(),
            ..self.clone()
        }
    }

    /// The client that asks for users' tokens too, without their texts.
    #[doc(alias = "include_tokens")]
    #[must_use]
    pub fn with_tokens(&self) -> Self {
        self.select(self.selection.clone().with_tokens())
    }

    /// The client that asks for users' sessions too.
    #[doc(alias = "include_sessions")]
    #[must_use]
    pub fn with_sessions(&self) -> Self {
        self.select(self.selection.clone().with_sessions())
    }

    /// Calls with the selection as far as the server knows its fields. Documents are checked before anything is done, so a document
    /// that was refused for its fields may be sent anew, whatever it does.
    async fn selecting<T>(&self, make: impl Fn(&Selection) -> Result<Operation<T>>) -> Result<T> {
        loop {
            let selection = self.selection.without(&self.known_unknown());
            let error = match self.call(make(&selection)?).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let unknown = unknown_fields(&error);
            if unknown.is_empty() || !unknown.iter().all(|it| self.selection.may_drop(it)) {
                return Err(error);
            }
            if !self.give_up(unknown) {
                return Err(error);
            }
        }
    }

    fn known_unknown(&self) -> BTreeSet<String> {
        self.fields().clone()
    }

    fn fields(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the server does not know these fields; says whether that is news.
    fn give_up(&self, unknown: Vec<String>) -> bool {
        let mut fields = self.fields();
        let mut news = false;
        for field in unknown {
            if fields.insert(field.clone()) {
                tracing::warn!(
                    platform = "opencti",
                    field,
                    "this release does not know the field; it is not asked for any more"
                );
                news = true;
            }
        }
        news
    }

    /// Lists users.
    #[doc(alias = "list")]
    pub fn list_users(&self, query: &UserQuery) -> Paged<User> {
        let query = query.clone();
        self.paged(query.first_page(), move |client, after| {
            let query = query.clone();
            async move {
                let page = |selection: &Selection| {
                    operations::users_page(&query, after.as_deref(), selection)
                };
                client.selecting(page).await
            }
        })
    }

    fn paged<T, F>(
        &self,
        first: Option<String>,
        mut fetch: impl FnMut(Self, Option<String>) -> F + Send + 'static,
    ) -> Paged<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        let client = self.clone();
        Paged::new(move |cursor| Box::pin(fetch(client.clone(), cursor.or_else(|| first.clone()))))
    }

    /// Reads a user: by id, or the first that filters or a search find. An unknown one is `None`.
    #[doc(alias = "read")]
    pub async fn read_user(&self, which: impl Into<UserSelector>) -> Result<Option<User>> {
        let which = which.into();
        self.selecting(|selection| operations::read_user(which.clone(), selection))
            .await
    }

    /// Finds the user with this address. What the platform's filter finds is compared here, as a whole and without regard to case.
    pub async fn find_user(&self, user_email: &str) -> Result<Option<User>> {
        let filters = FilterGroup::all().filter(Filter::equals("user_email", [user_email]));
        let wanted = user_email.to_lowercase();
        let mut found = self.list_users(&UserQuery::new().filters(filters));
        while let Some(page) = found.next_page().await? {
            let user = page
                .into_iter()
                .find(|user| user.user_email.to_lowercase() == wanted);
            if user.is_some() {
                return Ok(user);
            }
        }
        Ok(None)
    }

    /// Makes a user. It is sent once; addresses are unique. Without a password one of 86 characters is made and forgotten.
    ///
    /// With an unknown group the platform may have made the user all the same; look before doing it again.
    #[doc(alias = "create")]
    #[doc(alias = "userAdd")]
    pub async fn create_user(&self, new: &NewUser) -> Result<User> {
        let mut new = new.clone();
        if new.secret().is_none() {
            new = new.password(unknown_password(self.core.environment())?);
        }
        self.selecting(|selection| operations::create_user(&new, selection))
            .await
    }

    /// Deletes a user.
    #[doc(alias = "delete")]
    pub async fn delete_user(&self, id: &UserId) -> Result<()> {
        self.call(operations::delete_user(id)?).await
    }

    /// Reads the one who asks, with all fields, or with those of a [`select`](Self::select)ion written by hand.
    pub async fn me(&self) -> Result<Me> {
        let own = self.selection.is_custom();
        let asking = if own {
            self.clone()
        } else {
            self.select(Selection::me())
        };
        asking.selecting(operations::me).await
    }

    /// Changes a user, field by field.
    #[doc(alias = "update_field")]
    #[doc(alias = "fieldPatch")]
    pub async fn update_user(&self, id: &UserId, edits: &[Edit]) -> Result<User> {
        self.selecting(|selection| operations::update_user(id, edits, selection))
            .await
    }

    /// Puts a user into a group. Twice is harmless.
    #[doc(alias = "relationAdd")]
    pub async fn add_membership(&self, id: &UserId, group: &GroupId) -> Result<Relation> {
        self.call(operations::add_membership(id, group)?).await
    }

    /// Takes a user out of a group.
    #[doc(alias = "relationDelete")]
    pub async fn delete_membership(&self, id: &UserId, group: &GroupId) -> Result<User> {
        self.selecting(|selection| operations::delete_membership(id, group, selection))
            .await
    }

    /// Puts a user into an organization.
    #[doc(alias = "organizationAdd")]
    pub async fn add_organization(
        &self,
        id: &UserId,
        organization: &OrganizationId,
    ) -> Result<User> {
        self.selecting(|selection| operations::add_organization(id, organization, selection))
            .await
    }

    /// Takes a user out of an organization; an administrator of it is one no longer.
    #[doc(alias = "organizationDelete")]
    pub async fn delete_organization(
        &self,
        id: &UserId,
        organization: &OrganizationId,
    ) -> Result<User> {
        self.selecting(|selection| operations::delete_organization(id, organization, selection))
            .await
    }

    /// Makes a token for a user. It is sent once.
    #[doc(alias = "userAdminTokenAdd")]
    pub async fn create_token(&self, id: &UserId, name: &str, life: TokenLife) -> Result<NewToken> {
        self.call(operations::create_token(id, name, life)?).await
    }

    /// Revokes a token.
    #[doc(alias = "userAdminTokenRevoke")]
    pub async fn remove_token(&self, id: &UserId, token: &TokenId) -> Result<()> {
        self.call(operations::remove_token(id, token)?).await
    }

    /// Mails a user a template. Enterprise Edition only: elsewhere it is [`Error::Unsupported`]. It is sent once.
    #[doc(alias = "sendUserMail")]
    pub async fn send_mail(&self, id: &UserId, template: &TemplateId) -> Result<()> {
        self.call(operations::send_mail(id, template)?).await
    }

    /// Lists groups with the roles that they bring.
    pub fn groups(&self, query: &ListQuery) -> Paged<Group> {
        let query = query.clone();
        self.paged(query.first_page(), move |client, after| {
            let operation = operations::groups_page(&query, after.as_deref());
            async move { client.call(operation?).await }
        })
    }

    /// Lists roles with what they permit. They cannot be filtered.
    pub fn roles(&self, query: &ListQuery) -> Paged<Role> {
        let query = query.clone();
        self.paged(query.first_page(), move |client, after| {
            let operation = operations::roles_page(&query, after.as_deref());
            async move { client.call(operation?).await }
        })
    }

    /// Lists organizations.
    pub fn organizations(&self, query: &ListQuery) -> Paged<Organization> {
        let query = query.clone();
        self.paged(query.first_page(), move |client, after| {
            let operation = operations::organizations_page(&query, after.as_deref());
            async move { client.call(operation?).await }
        })
    }

    /// Lists everybody's sessions.
    pub async fn sessions(&self) -> Result<Vec<UserSessions>> {
        self.call(operations::sessions()?).await
    }

    /// Ends a user's sessions, and says which.
    #[doc(alias = "userSessionsKill")]
    pub async fn user_sessions_kill(&self, id: &UserId) -> Result<Vec<String>> {
        self.call(operations::user_sessions_kill(id)?).await
    }

    /// Takes a user's second factor away, for one who has lost it.
    #[doc(alias = "otpUserDeactivation")]
    pub async fn otp_user_deactivation(&self, id: &UserId) -> Result<()> {
        self.call(operations::otp_user_deactivation(id)?).await
    }

    /// Reads the server's release.
    pub async fn about(&self) -> Result<About> {
        self.call(operations::about()?).await
    }

    /// Any other document, with the client's token, limits, tries and errors. What holds a mutation is sent once.
    #[doc(alias = "query")]
    pub async fn raw(&self, document: &str, variables: &Value) -> Result<Value> {
        self.call(operations::raw(document, variables)?).await
    }
}

/// The fields that the server says it does not know.
fn unknown_fields(error: &Error) -> Vec<String> {
    match error {
        Error::Unsupported { vendor, .. } => vendor
            .fields
            .get(UNKNOWN_FIELDS)
            .cloned()
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

impl fmt::Debug for OpenCti {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenCti")
            .field("selection", &self.selection)
            .finish_non_exhaustive()
    }
}
