//! Which part of a list Civis is asked for.

use crate::civis::ids::{GroupId, OrganizationId, UserId};
use crate::civis::object_answers::ObjectType;
use crate::core::error::{Error, Result};
use crate::core::operation::Draft;

/// Which accounts are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFilter {
    /// Active ones, suspended ones among them. The platform's default.
    Active,
    /// Deactivated ones.
    Inactive,
    /// All of them.
    All,
}

impl AccountFilter {
    fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::All => "all",
        }
    }
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

/// Which part of a list, and in which order.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) limit: Option<u32>,
    pub(super) page_num: Option<u64>,
    pub(super) order: Option<String>,
    pub(super) direction: Option<Direction>,
}

impl Window {
    pub(super) fn write(&self, draft: Draft) -> Draft {
        let direction = self.direction.map(|direction| match direction {
            Direction::Ascending => "asc",
            Direction::Descending => "desc",
        });
        draft
            .query_if("limit", self.limit)
            .query_if("page_num", self.page_num)
            .query_if("order", self.order.as_ref())
            .query_if("order_dir", direction)
    }
}

macro_rules! window_setters {
    () => {
        /// How many a request brings. All of them come anyway, in as many requests as it takes.
        #[must_use]
        pub fn limit(mut self, limit: u32) -> Self {
            self.window.limit = Some(limit);
            self
        }

        /// The page to begin with, from 1.
        #[must_use]
        pub fn page_num(mut self, page: u64) -> Self {
            self.window.page_num = Some(page);
            self
        }

        /// What the list is ordered by.
        #[must_use]
        pub fn order(mut self, by: impl Into<String>) -> Self {
            self.window.order = Some(by.into());
            self
        }

        /// In which direction.
        #[must_use]
        pub fn order_dir(mut self, direction: Direction) -> Self {
            self.window.direction = Some(direction);
            self
        }
    };
}

/// Which users are listed: active ones, unless said otherwise.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserQuery {
    feature_flag: Option<String>,
    account_status: Option<AccountFilter>,
    search: Option<String>,
    group: Option<GroupId>,
    groups: Vec<GroupId>,
    organization: Option<OrganizationId>,
    exclude_groups: Option<bool>,
    pub(super) window: Window,
}

impl UserQuery {
    /// Active users.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those for whom a feature flag is on.
    #[must_use]
    pub fn feature_flag(mut self, flag: impl Into<String>) -> Self {
        self.feature_flag = Some(flag.into());
        self
    }

    /// Those with active accounts, with inactive ones, or all.
    #[must_use]
    pub fn account_status(mut self, status: AccountFilter) -> Self {
        self.account_status = Some(status);
        self
    }

    /// Those whose name, login, address or id holds this text. It is a hint: to look one up, use
    /// [`find_users`](super::Civis::find_users) or [`find_login`](super::Civis::find_login).
    #[must_use]
    #[doc(alias = "query")]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Those in a group. It cannot be combined with [`groups`](Self::groups).
    #[must_use]
    #[doc(alias = "group_id")]
    pub fn group(mut self, id: impl Into<GroupId>) -> Self {
        self.group = Some(id.into());
        self
    }

    /// Those in one of several groups. It cannot be combined with [`group`](Self::group).
    #[must_use]
    #[doc(alias = "group_ids")]
    pub fn groups(mut self, ids: impl IntoIterator<Item = impl Into<GroupId>>) -> Self {
        self.groups = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Those of an organisation.
    #[must_use]
    #[doc(alias = "organization_id")]
    pub fn organization(mut self, id: impl Into<OrganizationId>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Whether their groups are left out of the answer.
    #[must_use]
    pub fn exclude_groups(mut self, exclude: bool) -> Self {
        self.exclude_groups = Some(exclude);
        self
    }

    window_setters!();

    pub(super) fn write(&self, draft: Draft) -> Result<Draft> {
        if self.group.is_some() && !self.groups.is_empty() {
            return Err(Error::config(
                "users are listed by one group or by several, not by both",
            ));
        }
        let draft = draft
            .query_if("feature_flag", self.feature_flag.as_ref())
            .query_if(
                "account_status",
                self.account_status.map(AccountFilter::name),
            )
            .query_if("query", self.search.as_ref())
            .query_if("group_id", self.group);
        let draft = self
            .groups
            .iter()
            .fold(draft, |draft, id| draft.query("group_ids[]", id))
            .query_if("organization_id", self.organization)
            .query_if("exclude_groups", self.exclude_groups);
        Ok(self.window.write(draft))
    }
}

/// Which keys are listed: all of a user's, revoked and expired ones too.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct KeyQuery {
    pub(super) window: Window,
}

impl KeyQuery {
    /// All keys, the newest first.
    pub fn new() -> Self {
        Self::default()
    }

    window_setters!();
}

/// Which of a list without filters.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RoleQuery {
    pub(super) window: Window,
}

impl RoleQuery {
    /// All roles.
    pub fn new() -> Self {
        Self::default()
    }

    window_setters!();
}

/// Which favourites are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FavoriteQuery {
    object: Option<(i64, ObjectType)>,
    object_type: Option<ObjectType>,
    pub(super) window: Window,
}

impl FavoriteQuery {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// The one of this object: an id means nothing without its type.
    #[must_use]
    #[doc(alias = "object_id")]
    pub fn object(mut self, id: i64, object_type: ObjectType) -> Self {
        self.object = Some((id, object_type));
        self
    }

    /// Those of one type.
    #[must_use]
    pub fn object_type(mut self, object_type: ObjectType) -> Self {
        self.object_type = Some(object_type);
        self
    }

    window_setters!();

    pub(super) fn write(&self, draft: Draft) -> Draft {
        let (id, of_object) = match &self.object {
            Some((id, object_type)) => (Some(id), Some(object_type)),
            None => (None, None),
        };
        let object_type = of_object
            .or(self.object_type.as_ref())
            .map(ObjectType::as_str);
        let draft = draft
            .query_if("object_id", id)
            .query_if("object_type", object_type);
        self.window.write(draft)
    }
}

/// Which activity is listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ActivityQuery {
    status: Option<String>,
    authors: Vec<UserId>,
    order: Option<String>,
}

impl ActivityQuery {
    /// All of it.
    pub fn new() -> Self {
        Self::default()
    }

    /// What ended so: `succeeded`, `failed`, `running` or `all`.
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    /// What these users have made.
    #[must_use]
    #[doc(alias = "author")]
    pub fn authors(mut self, ids: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.authors = ids.into_iter().map(Into::into).collect();
        self
    }

    /// The order: `name` or `newest`.
    #[must_use]
    pub fn order(mut self, order: impl Into<String>) -> Self {
        self.order = Some(order.into());
        self
    }

    pub(super) fn write(&self, draft: Draft) -> Draft {
        let authors: Vec<String> = self.authors.iter().map(ToString::to_string).collect();
        let authors = authors.join(",");
        draft
            .query_if("status", self.status.as_ref())
            .query_if("author", Some(authors).filter(|it| !it.is_empty()))
            .query_if("order", self.order.as_ref())
    }
}

/// What the caller may do with a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// See it.
    Read,
    /// Use it.
    Write,
    /// Change it.
    Manage,
}

/// Which groups are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GroupQuery {
    search: Option<String>,
    permission: Option<Permission>,
    include_members: Option<bool>,
    organization: Option<OrganizationId>,
    users: Vec<UserId>,
    pub(super) window: Window,
}

impl GroupQuery {
    /// All groups that the caller may see.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those whose name holds this text. It is a hint: compare the names of what comes.
    #[must_use]
    #[doc(alias = "query")]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Those with which the caller may do this.
    #[must_use]
    pub fn permission(mut self, permission: Permission) -> Self {
        self.permission = Some(permission);
        self
    }

    /// Whether their members come too.
    #[must_use]
    pub fn include_members(mut self, include: bool) -> Self {
        self.include_members = Some(include);
        self
    }

    /// Those of an organisation.
    #[must_use]
    #[doc(alias = "organization_id")]
    pub fn organization(mut self, id: impl Into<OrganizationId>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Those that one of these users is in.
    #[must_use]
    #[doc(alias = "user_ids")]
    pub fn users(mut self, ids: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        self.users = ids.into_iter().map(Into::into).collect();
        self
    }

    window_setters!();

    pub(super) fn write(&self, draft: Draft) -> Draft {
        let permission = self.permission.map(|permission| match permission {
            Permission::Read => "read",
            Permission::Write => "write",
            Permission::Manage => "manage",
        });
        let draft = draft
            .query_if("query", self.search.as_ref())
            .query_if("permission", permission)
            .query_if("include_members", self.include_members)
            .query_if("organization_id", self.organization);
        let draft = self
            .users
            .iter()
            .fold(draft, |draft, id| draft.query("user_ids[]", id));
        self.window.write(draft)
    }
}
