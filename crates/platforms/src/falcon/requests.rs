//! What Falcon is asked.

use jiff::Timestamp;
use serde_json::Value;

use crate::core::change::Members;
use crate::core::operation::Draft;
use crate::core::secret::Secret;
use crate::falcon::fql::Fql;
use crate::falcon::ids::{Cid, CidGroupId, RoleId, UserGroupId, Uuid};

/// Which part of a list, and in which order.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) limit: Option<u32>,
    pub(super) offset: Option<u64>,
    pub(super) sort: Option<String>,
}

impl Window {
    pub(super) fn write(&self, draft: Draft) -> Draft {
        draft
            .query_if("limit", self.limit)
            .query_if("offset", self.offset)
            .query_if("sort", self.sort.as_ref())
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

        /// How many are passed over at the beginning.
        #[must_use]
        pub fn offset(mut self, offset: u64) -> Self {
            self.window.offset = Some(offset);
            self
        }

        /// The order: a property, with `|asc` or `|desc` behind it if need be.
        #[must_use]
        pub fn sort(mut self, sort: impl Into<String>) -> Self {
            self.window.sort = Some(sort.into());
            self
        }
    };
}

/// Which users are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserQuery {
    pub(super) filter: Option<Fql>,
    pub(super) window: Window,
}

impl UserQuery {
    /// All users.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those that a filter lets through. It knows `assigned_cids`, `cid`, `direct_assigned_cids`, `factors`, `first_name`,
    /// `has_temporary_roles`, `last_name`, `name`, `non_ancestor_assigned_cids`, `status`, `temporarily_assigned_cids`,
    /// `uid` and `uuid`.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<Fql>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    window_setters!();
}

/// Which grants of a user are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GrantQuery {
    pub(super) cid: Option<Cid>,
    pub(super) direct_only: Option<bool>,
    pub(super) filter: Option<Fql>,
    pub(super) window: Window,
    pub(super) second: bool,
}

impl GrantQuery {
    /// All grants at the customer that the client speaks for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those at another customer.
    #[must_use]
    pub fn cid(mut self, cid: impl Into<Cid>) -> Self {
        self.cid = Some(cid.into());
        self
    }

    /// Whether those that come by user groups are left out.
    #[must_use]
    pub fn direct_only(mut self, direct_only: bool) -> Self {
        self.direct_only = Some(direct_only);
        self
    }

    /// Those that a filter lets through. It knows `expires_at`, `role_id` and `role_name`.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<Fql>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    /// Asks version 2 of the call, which says when temporary grants end.
    #[must_use]
    #[doc(alias = "CombinedUserRolesV2")]
    pub fn v2(mut self) -> Self {
        self.second = true;
        self
    }

    window_setters!();
}

/// Which role ids are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RoleQuery {
    pub(super) action: Option<String>,
    pub(super) cid: Option<Cid>,
    pub(super) user: Option<Uuid>,
}

impl RoleQuery {
    /// All that can be granted at the customer that the client speaks for.
    pub fn new() -> Self {
        Self::default()
    }

    /// For what they are asked: `grant`, unless said otherwise.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Those of another customer.
    #[must_use]
    pub fn cid(mut self, cid: impl Into<Cid>) -> Self {
        self.cid = Some(cid.into());
        self
    }

    /// Those that can be granted to a user. They are not those that the user holds.
    #[must_use]
    pub fn user(mut self, user: impl Into<Uuid>) -> Self {
        self.user = Some(user.into());
        self
    }
}

/// What is done to users.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserAction {
    /// Ends the password, and mails a link to set another.
    ResetPassword,
    /// Forgets the second factors: the user enrols again at the next sign-in.
    Reset2fa,
    /// Another one, under the platform's own name.
    Other {
        /// The name.
        name: String,
        /// The value that goes with it.
        value: Option<String>,
    },
}

impl UserAction {
    pub(super) fn body(&self) -> Value {
        let (name, value) = match self {
            Self::ResetPassword => ("reset_password", None),
            Self::Reset2fa => ("reset_2fa", None),
            Self::Other { name, value } => (name.as_str(), value.as_ref()),
        };
        Members::new()
            .set("action_name", name)
            .set_if("action_value", value)
            .into_value()
    }
}

/// What is done with roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolesAction {
    /// Gives them. One that is held already stays.
    Grant,
    /// Takes them away. One that is not held is passed over.
    Revoke,
}

impl RolesAction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Revoke => "revoke",
        }
    }
}

/// A user to be made. It holds no roles until some are granted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewUser {
    uid: String,
    first_name: Option<String>,
    last_name: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) cid: Option<Cid>,
}

impl NewUser {
    /// A user with this address, which is the login, unique over all customers, and not changed later.
    pub fn new(uid: impl Into<String>) -> Self {
        Self {
            uid: uid.into(),
            first_name: None,
            last_name: None,
            password: None,
            cid: None,
        }
    }

    /// The given name.
    #[must_use]
    pub fn first_name(mut self, name: impl Into<String>) -> Self {
        self.first_name = Some(name.into());
        self
    }

    /// The family name.
    #[must_use]
    pub fn last_name(mut self, name: impl Into<String>) -> Self {
        self.last_name = Some(name.into());
        self
    }

    /// The password. Without one the user sets it by a link in the platform's mail, which is the better way; under single
    /// sign-on it is ignored.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The customer where the account is at home: the one that the client speaks for, or a child of it.
    #[must_use]
    pub fn cid(mut self, cid: impl Into<Cid>) -> Self {
        self.cid = Some(cid.into());
        self
    }

    pub(super) fn body(&self) -> Value {
        self.written("first_name", "last_name")
            .set_if("cid", self.cid.as_ref())
            .into_value()
    }

    pub(super) fn legacy_body(&self) -> Value {
        self.written("firstName", "lastName").into_value()
    }

    fn written(&self, first_name: &str, last_name: &str) -> Members {
        let password = self.password.as_ref().map(Secret::expose);
        Members::new()
            .set("uid", self.uid.as_str())
            .set_if(first_name, self.first_name.as_ref())
            .set_if(last_name, self.last_name.as_ref())
            .set_if("password", password.as_ref())
    }
}

/// A user's names: all that can be changed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Names {
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
}

impl Names {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The given name.
    #[must_use]
    pub fn first_name(mut self, name: impl Into<String>) -> Self {
        self.first_name = Some(name.into());
        self
    }

    /// The family name.
    #[must_use]
    pub fn last_name(mut self, name: impl Into<String>) -> Self {
        self.last_name = Some(name.into());
        self
    }

    pub(super) fn body(&self, first_name: &str, last_name: &str) -> Value {
        Members::new()
            .set_if(first_name, self.first_name.as_ref())
            .set_if(last_name, self.last_name.as_ref())
            .into_value()
    }
}

/// Until when a role is granted.
pub(super) fn expiry(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

/// Which child customers are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ChildQuery {
    pub(super) filter: Option<Fql>,
    pub(super) window: Window,
}

impl ChildQuery {
    /// All children.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those that a filter lets through.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<Fql>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    window_setters!();
}

/// Which groups, of users or of customers, are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GroupQuery {
    pub(super) name: Option<String>,
    pub(super) window: Window,
}

impl GroupQuery {
    /// All groups.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of a name. It is a hint: compare the names of what comes.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    window_setters!();
}

/// Which links between user groups and CID groups are listed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RoleLinkQuery {
    pub(super) user_group: Option<UserGroupId>,
    pub(super) cid_group: Option<CidGroupId>,
    pub(super) role: Option<RoleId>,
    pub(super) window: Window,
}

impl RoleLinkQuery {
    /// All links.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of a user group.
    #[must_use]
    pub fn user_group(mut self, id: impl Into<UserGroupId>) -> Self {
        self.user_group = Some(id.into());
        self
    }

    /// Those of a CID group.
    #[must_use]
    pub fn cid_group(mut self, id: impl Into<CidGroupId>) -> Self {
        self.cid_group = Some(id.into());
        self
    }

    /// Those with a role.
    #[must_use]
    pub fn role(mut self, id: impl Into<RoleId>) -> Self {
        self.role = Some(id.into());
        self
    }

    window_setters!();
}

/// Which of a list without filters.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlainQuery {
    pub(super) window: Window,
}

impl PlainQuery {
    /// All of it.
    pub fn new() -> Self {
        Self::default()
    }

    window_setters!();
}
