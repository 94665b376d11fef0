//! The client and its methods.

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::civis::answers::{Me, Role, SimpleUser, Suspension, UserDetail, UserSummary};
use crate::civis::ids::{FavoriteId, GroupId, KeyId, KeyOwner, ThemeId, UserId};
use crate::civis::key_answers::{ApiKey, ApiKeySummary, NewApiKeyMade};
use crate::civis::object_answers::{
    Activity, Favorite, FavoriteSummary, Group, GroupSummary, ObjectType, Theme, ThemeSummary,
};
use crate::civis::operations;
use crate::civis::paging::pages;
use crate::civis::queries::{
    AccountFilter, ActivityQuery, FavoriteQuery, GroupQuery, KeyQuery, RoleQuery, UserQuery,
};
use crate::civis::requests::{MeChange, NewApiKey, NewUser, Rank, UserChange};
use crate::core::auth::Fixed;
use crate::core::builder::{Builder, Client, sealed};
use crate::core::client::Core;
use crate::core::error::{Error, Result};
use crate::core::limits::Limits;
use crate::core::operation::Operation;
use crate::core::paging::Paged;
use crate::core::secret::Secret;

/// The address of the platform itself.
pub const PLATFORM: &str = "https://api.civisanalytics.com/";

/// What a page brings of a list that has no lower maximum.
const PAGE: u32 = 1000;
/// What a page brings of keys and roles, which come in no larger ones.
const SMALL_PAGE: u32 = 50;

/// Civis Platform, as one of its users. Clones are cheap and share connections and limits.
#[derive(Clone)]
pub struct Civis {
    core: Core,
}

/// What Civis' builder asks for beside what all ask for.
#[derive(Debug, Default)]
pub struct Own {
    key: Option<Secret>,
}

impl sealed::Sealed for Civis {}

impl Client for Civis {
    type Own = Own;
}

impl Builder<Civis> {
    /// The key.
    #[doc(alias = "api_key")]
    pub fn key(mut self, key: impl Into<Secret>) -> Self {
        self.own.key = Some(key.into());
        self
    }

    /// Makes the client. Nothing is sent.
    pub fn build(self) -> Result<Civis> {
        let key = self
            .own
            .key
            .ok_or_else(|| Error::config("Civis wants a key: give the builder one with `key`"))?;
        let core = self.settings.core(
            "civis",
            &self.address,
            Arc::new(Fixed::basic(&key)?),
            crate::civis::errors::judge,
            Limits::at_once(4).rate(3.0, 100),
        )?;
        Ok(Civis { core })
    }
}

/// A list by a query that has a window.
macro_rules! listed {
    ($self:ident, $query:ident, $page:expr, $operation:expr) => {{
        let mut query = $query.clone();
        query.window.limit.get_or_insert($page);
        let start = query.window.page_num.unwrap_or(1);
        let operation = $operation;
        pages(
            &$self.core,
            start,
            |item| item.id.0,
            move |page| operation(&query.clone().page_num(page)),
        )
    }};
}

impl Civis {
    /// Sets up a client for an address: [`PLATFORM`], or another server that speaks Civis' language.
    pub fn builder(address: impl Into<String>) -> Builder<Self> {
        Builder::new(address)
    }

    /// Makes a call of an [operation](operations).
    pub async fn call<T>(&self, operation: Operation<T>) -> Result<T> {
        self.core.call(operation).await
    }

    /// Lists users: active ones, unless the query says otherwise.
    #[doc(alias = "list")]
    #[doc(alias = "users.list")]
    pub fn list_users(&self, query: &UserQuery) -> Paged<UserSummary> {
        listed!(self, query, PAGE, operations::list_users)
    }

    /// Finds the users with this address, active or not: several may have it. What the platform finds is compared here, as a
    /// whole and without regard to case.
    pub async fn find_users(&self, email: &str) -> Result<Vec<UserSummary>> {
        let wanted = email.to_lowercase();
        let mut users = self.search(email).await?;
        users.retain(|user| user.email.to_lowercase() == wanted);
        Ok(users)
    }

    /// Finds the user with this login, active or not. What the platform finds is compared here, as a whole and without regard
    /// to case.
    pub async fn find_login(&self, user: &str) -> Result<Option<UserSummary>> {
        let wanted = user.to_lowercase();
        let users = self.search(user).await?;
        Ok(users
            .into_iter()
            .find(|user| user.user.to_lowercase() == wanted))
    }

    async fn search(&self, text: &str) -> Result<Vec<UserSummary>> {
        let query = UserQuery::new()
            .account_status(AccountFilter::All)
            .search(text);
        self.list_users(&query).all().await
    }

    /// Makes a user. It is sent once.
    #[doc(alias = "post")]
    #[doc(alias = "users.post")]
    pub async fn create_user(&self, new: &NewUser) -> Result<UserDetail> {
        self.call(operations::create_user(new)?).await
    }

    /// Reads the user that the client signs in as.
    #[doc(alias = "list_me")]
    #[doc(alias = "get_me")]
    pub async fn me(&self) -> Result<Me> {
        self.call(operations::me()?).await
    }

    /// Changes preferences of the user that the client signs in as. Those that are not named stay.
    #[doc(alias = "patch_me")]
    pub async fn update_me(&self, change: &MeChange) -> Result<Me> {
        self.call(operations::update_me(change)?).await
    }

    /// Lists what ran lately.
    #[doc(alias = "list_me_activity")]
    pub async fn my_activity(&self, query: &ActivityQuery) -> Result<Vec<Activity>> {
        self.call(operations::my_activity(query)?).await
    }

    /// Lists the administrators of the caller's organisation.
    #[doc(alias = "list_me_organization_admins")]
    pub async fn my_organization_admins(&self) -> Result<Vec<SimpleUser>> {
        self.call(operations::my_organization_admins()?).await
    }

    /// Lists the themes that the caller may use. Newer releases have none: that is an [`Error::Unsupported`].
    #[doc(alias = "list_me_themes")]
    pub async fn my_themes(&self) -> Result<Vec<ThemeSummary>> {
        self.call(operations::my_themes()?).await
    }

    /// Reads a theme. Newer releases have none: that is an [`Error::Unsupported`].
    #[doc(alias = "get_me_themes")]
    pub async fn my_theme(&self, id: impl Into<ThemeId>) -> Result<Theme> {
        self.call(operations::my_theme(id.into())?).await
    }

    /// Reads a user.
    #[doc(alias = "get")]
    #[doc(alias = "users.get")]
    pub async fn user(&self, id: impl Into<UserId>) -> Result<UserDetail> {
        self.call(operations::user(id.into())?).await
    }

    /// Changes a user. There is no call that deletes one: deactivate it. With an address the platform mails, so such a change
    /// is sent once.
    #[doc(alias = "patch")]
    #[doc(alias = "users.patch")]
    pub async fn update_user(
        &self,
        id: impl Into<UserId>,
        change: &UserChange,
    ) -> Result<UserDetail> {
        self.call(operations::update_user(id.into(), change)?).await
    }

    /// Lists a user's keys, revoked and expired ones too.
    #[doc(alias = "users.list_api_keys")]
    pub fn list_api_keys(
        &self,
        owner: impl Into<KeyOwner>,
        query: &KeyQuery,
    ) -> Paged<ApiKeySummary> {
        let owner = owner.into();
        listed!(self, query, SMALL_PAGE, move |query: &KeyQuery| {
            operations::list_api_keys(owner, query)
        })
    }

    /// Makes a key. It is sent once; the key's text is seen only here.
    #[doc(alias = "post_api_keys")]
    pub async fn create_api_key(
        &self,
        owner: impl Into<KeyOwner>,
        new: &NewApiKey,
    ) -> Result<NewApiKeyMade> {
        self.call(operations::create_api_key(owner, new)?).await
    }

    /// Reads a key, without its text.
    #[doc(alias = "get_api_keys")]
    pub async fn api_key(
        &self,
        owner: impl Into<KeyOwner>,
        key: impl Into<KeyId>,
    ) -> Result<ApiKey> {
        self.call(operations::api_key(owner, key.into())?).await
    }

    /// Revokes a key. It stays listed.
    #[doc(alias = "delete_api_keys")]
    pub async fn revoke_api_key(
        &self,
        owner: impl Into<KeyOwner>,
        key: impl Into<KeyId>,
    ) -> Result<ApiKey> {
        self.call(operations::revoke_api_key(owner, key.into())?)
            .await
    }

    /// Ends a user's sessions. Keys live on.
    #[doc(alias = "users.delete_sessions")]
    pub async fn delete_sessions(&self, id: impl Into<UserId>) -> Result<UserDetail> {
        self.call(operations::delete_sessions(id.into())?).await
    }

    /// Takes a user's second factors away: they are set up again at the next sign-in.
    #[doc(alias = "users.delete_2fa")]
    pub async fn delete_2fa(&self, id: impl Into<UserId>) -> Result<UserDetail> {
        self.call(operations::delete_2fa(id.into())?).await
    }

    /// Lets a suspended user in again.
    #[doc(alias = "post_unsuspend")]
    pub async fn unsuspend(&self, id: impl Into<UserId>) -> Result<Suspension> {
        self.call(operations::unsuspend(id.into())?).await
    }

    /// Mails a user a welcome, or a link to reset the password. It is sent once.
    #[doc(alias = "post_access_email")]
    pub async fn send_access_email(&self, id: impl Into<UserId>) -> Result<()> {
        self.call(operations::send_access_email(id.into())?).await
    }

    /// Lists the caller's favourites.
    #[doc(alias = "list_me_favorites")]
    pub fn my_favorites(&self, query: &FavoriteQuery) -> Paged<FavoriteSummary> {
        listed!(self, query, PAGE, operations::my_favorites)
    }

    /// Makes a favourite of an object.
    #[doc(alias = "post_me_favorites")]
    pub async fn add_favorite(&self, object_id: i64, object_type: ObjectType) -> Result<Favorite> {
        self.call(operations::add_favorite(object_id, &object_type)?)
            .await
    }

    /// Takes a favourite away.
    #[doc(alias = "delete_me_favorites")]
    pub async fn delete_favorite(&self, id: impl Into<FavoriteId>) -> Result<()> {
        self.call(operations::delete_favorite(id.into())?).await
    }

    /// Moves a favourite in its list.
    #[doc(alias = "patch_me_favorites_ranking_top")]
    #[doc(alias = "patch_me_favorites_ranking_bottom")]
    #[doc(alias = "patch_me_favorites_ranking_higher")]
    #[doc(alias = "patch_me_favorites_ranking_lower")]
    pub async fn rank_favorite(&self, id: impl Into<FavoriteId>, rank: Rank) -> Result<()> {
        self.call(operations::rank_favorite(id.into(), rank)?).await
    }

    /// Lists groups.
    #[doc(alias = "groups.list")]
    pub fn list_groups(&self, query: &GroupQuery) -> Paged<GroupSummary> {
        listed!(self, query, PAGE, operations::list_groups)
    }

    /// Reads a group with its roles and members.
    #[doc(alias = "groups.get")]
    pub async fn group(&self, id: impl Into<GroupId>) -> Result<Group> {
        self.call(operations::group(id.into())?).await
    }

    /// Puts a user into a group, and so gives the user the group's roles.
    #[doc(alias = "groups.put_members")]
    pub async fn add_group_member(
        &self,
        group: impl Into<GroupId>,
        user: impl Into<UserId>,
    ) -> Result<Group> {
        self.call(operations::add_group_member(group.into(), user.into())?)
            .await
    }

    /// Takes a user out of a group.
    #[doc(alias = "groups.delete_members")]
    pub async fn remove_group_member(
        &self,
        group: impl Into<GroupId>,
        user: impl Into<UserId>,
    ) -> Result<()> {
        self.call(operations::remove_group_member(group.into(), user.into())?)
            .await
    }

    /// Lists roles.
    #[doc(alias = "roles.list")]
    pub fn list_roles(&self, query: &RoleQuery) -> Paged<Role> {
        listed!(self, query, SMALL_PAGE, operations::list_roles)
    }

    /// Any other request, with the client's key, limits, tries and errors. What does not read is sent once.
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

impl fmt::Debug for Civis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Civis").finish_non_exhaustive()
    }
}
