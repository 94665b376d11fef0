//! What Civis is asked to make or change.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::civis::answers::AccountStatus;
use crate::civis::ids::GroupId;
use crate::civis::key_answers::{Constraint, ConstraintType};
use crate::civis::object_answers::ObjectType;
use crate::core::change::{Change, Members};
use crate::core::error::{Error, Result};
use crate::core::secret::Secret;

/// A user to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewUser {
    name: String,
    email: String,
    primary_group_id: GroupId,
    user: String,
    fields: Fields,
    send_email: Option<bool>,
}

/// A change of a user: what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserChange {
    name: Option<String>,
    pub(super) email: Option<String>,
    primary_group_id: Option<GroupId>,
    fields: Fields,
    phone: Change<String>,
    pub(super) password: Option<Secret>,
    account_status: Option<AccountStatus>,
}

/// What a new user and a change have in common.
#[derive(Clone, Debug, Default)]
struct Fields {
    active: Option<bool>,
    city: Change<String>,
    state: Change<String>,
    time_zone: Change<String>,
    initials: Change<String>,
    department: Change<String>,
    title: Change<String>,
    prefers_sms_otp: Option<bool>,
    group_ids: Option<Vec<GroupId>>,
    vpn_enabled: Change<bool>,
    sso_disabled: Change<bool>,
    otp_required_for_login: Change<bool>,
    exempt_from_org_sms_otp_disabled: Change<bool>,
    robot: Option<bool>,
}

impl Fields {
    fn write(&self, members: Members) -> Members {
        members
            .set_if("active", self.active.as_ref())
            .change("city", &self.city)
            .change("state", &self.state)
            .change("time_zone", &self.time_zone)
            .change("initials", &self.initials)
            .change("department", &self.department)
            .change("title", &self.title)
            .set_if("prefers_sms_otp", self.prefers_sms_otp.as_ref())
            .set_if("group_ids", self.group_ids.as_ref())
            .change("vpn_enabled", &self.vpn_enabled)
            .change("sso_disabled", &self.sso_disabled)
            .change("otp_required_for_login", &self.otp_required_for_login)
            .change(
                "exempt_from_org_sms_otp_disabled",
                &self.exempt_from_org_sms_otp_disabled,
            )
            .set_if("robot", self.robot.as_ref())
    }
}

macro_rules! field_setters {
    () => {
        /// Whether the account is active. A deactivated one cannot sign in, and its keys are refused.
        #[must_use]
        pub fn active(mut self, active: bool) -> Self {
            self.fields.active = Some(active);
            self
        }

        /// The city.
        #[must_use]
        pub fn city(mut self, city: impl Into<Change<String>>) -> Self {
            self.fields.city = city.into();
            self
        }

        /// The state.
        #[must_use]
        pub fn state(mut self, state: impl Into<Change<String>>) -> Self {
            self.fields.state = state.into();
            self
        }

        /// The time zone, by its IANA name.
        #[must_use]
        pub fn time_zone(mut self, zone: impl Into<Change<String>>) -> Self {
            self.fields.time_zone = zone.into();
            self
        }

        /// The initials; made from the name, unless given.
        #[must_use]
        pub fn initials(mut self, initials: impl Into<Change<String>>) -> Self {
            self.fields.initials = initials.into();
            self
        }

        /// The department.
        #[must_use]
        pub fn department(mut self, department: impl Into<Change<String>>) -> Self {
            self.fields.department = department.into();
            self
        }

        /// The title.
        #[must_use]
        pub fn title(mut self, title: impl Into<Change<String>>) -> Self {
            self.fields.title = title.into();
            self
        }

        /// Whether the second factor comes by text message.
        #[must_use]
        pub fn prefers_sms_otp(mut self, prefers: bool) -> Self {
            self.fields.prefers_sms_otp = Some(prefers);
            self
        }

        /// All the user's groups: they replace those that the user was in. The primary group stays.
        #[must_use]
        #[doc(alias = "group_ids")]
        pub fn groups(mut self, ids: impl IntoIterator<Item = impl Into<GroupId>>) -> Self {
            self.fields.group_ids = Some(ids.into_iter().map(Into::into).collect());
            self
        }

        /// Whether the VPN may be used; cleared, it is what the organisation says.
        #[must_use]
        pub fn vpn_enabled(mut self, enabled: impl Into<Change<bool>>) -> Self {
            self.fields.vpn_enabled = enabled.into();
            self
        }

        /// Whether single sign-on is off; cleared, it is what the organisation says.
        #[must_use]
        pub fn sso_disabled(mut self, disabled: impl Into<Change<bool>>) -> Self {
            self.fields.sso_disabled = disabled.into();
            self
        }

        /// Whether a second factor is required; cleared, it is what the organisation says.
        #[must_use]
        pub fn otp_required_for_login(mut self, required: impl Into<Change<bool>>) -> Self {
            self.fields.otp_required_for_login = required.into();
            self
        }

        /// Whether text messages are allowed though the organisation forbids them; cleared, it is what the organisation says.
        #[must_use]
        pub fn exempt_from_org_sms_otp_disabled(mut self, exempt: impl Into<Change<bool>>) -> Self {
            self.fields.exempt_from_org_sms_otp_disabled = exempt.into();
            self
        }

        /// Whether it is a program's account.
        #[must_use]
        pub fn robot(mut self, robot: bool) -> Self {
            self.fields.robot = Some(robot);
            self
        }
    };
}

impl NewUser {
    /// A user with name, address, primary group and login. The login is unique over the whole platform and never changes.
    pub fn new(
        name: impl Into<String>,
        email: impl Into<String>,
        primary_group: impl Into<GroupId>,
        user: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            email: email.into(),
            primary_group_id: primary_group.into(),
            user: user.into(),
            fields: Fields::default(),
            send_email: None,
        }
    }

    field_setters!();

    /// Whether the platform mails a welcome.
    #[must_use]
    pub fn send_email(mut self, send: bool) -> Self {
        self.send_email = Some(send);
        self
    }

    pub(super) fn body(&self) -> Value {
        let members = Members::new()
            .set("name", self.name.as_str())
            .set("email", self.email.as_str())
            .set("primary_group_id", self.primary_group_id.0)
            .set("user", self.user.as_str());
        self.fields
            .write(members)
            .set_if("send_email", self.send_email.as_ref())
            .into_value()
    }
}

impl UserChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name. The initials follow it, unless they are given.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The address. The platform mails the new one, and changes nothing until it is confirmed.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The primary group; the user becomes a member of it.
    #[must_use]
    #[doc(alias = "primary_group_id")]
    pub fn primary_group(mut self, id: impl Into<GroupId>) -> Self {
        self.primary_group_id = Some(id.into());
        self
    }

    field_setters!();

    /// The telephone number.
    #[must_use]
    pub fn phone(mut self, phone: impl Into<Change<String>>) -> Self {
        self.phone = phone.into();
        self
    }

    /// The password.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Where the account stands. It must not contradict [`active`](Self::active).
    #[must_use]
    pub fn account_status(mut self, status: AccountStatus) -> Self {
        self.account_status = Some(status);
        self
    }

    pub(super) fn body(&self) -> Value {
        let password = self.password.as_ref().map(Secret::expose);
        let status = self.account_status.as_ref().map(AccountStatus::as_str);
        let members = Members::new()
            .set_if("name", self.name.as_ref())
            .set_if("email", self.email.as_ref())
            .set_if("primary_group_id", self.primary_group_id.as_ref());
        self.fields
            .write(members)
            .change("phone", &self.phone)
            .set_if("password", password.as_ref())
            .set_if("account_status", status.as_ref())
            .into_value()
    }
}

/// A change of the user that the client signs in as: what is not set stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MeChange {
    preferences: Vec<(String, Value)>,
    last_checked_announcements: Option<Timestamp>,
}

impl MeChange {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One preference, by its name in snake case, such as `default_success_notifications_on`. The others stay.
    #[must_use]
    pub fn preference(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.preferences.push((name.into(), value.into()));
        self
    }

    /// Takes one preference away.
    #[must_use]
    pub fn remove_preference(self, name: impl Into<String>) -> Self {
        self.preference(name, Value::Null)
    }

    /// When the announcements were looked at last.
    #[must_use]
    pub fn last_checked_announcements(mut self, moment: Timestamp) -> Self {
        self.last_checked_announcements = Some(moment);
        self
    }

    pub(super) fn body(&self) -> Value {
        let mut members = Members::new();
        if !self.preferences.is_empty() {
            let all = self
                .preferences
                .iter()
                .fold(Members::new(), |members, (name, value)| {
                    members.set(name, value.clone())
                });
            members = members.set("preferences", all.into_value());
        }
        // The platform writes milliseconds, always.
        let moment = self
            .last_checked_announcements
            .map(|moment| format!("{moment:.3}"));
        members
            .set_if("last_checked_announcements", moment.as_ref())
            .into_value()
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewApiKey {
    name: String,
    expires_in: i64,
    constraints: Vec<Constraint>,
}

impl NewApiKey {
    /// A key with this name, for so many seconds. The platform is said to allow 30 days at most.
    pub fn new(name: impl Into<String>, expires_in: i64) -> Self {
        Self {
            name: name.into(),
            expires_in,
            constraints: Vec::new(),
        }
    }

    /// What it may be used for. With several, what one of them allows; without any, everything that its owner may do.
    #[must_use]
    pub fn constraint(mut self, constraint: Constraint) -> Self {
        self.constraints.push(constraint);
        self
    }

    pub(super) fn body(&self) -> Result<Value> {
        if self.expires_in <= 0 {
            return Err(Error::config("a key must last for at least a second"));
        }
        let mut members = Members::new()
            .set("expires_in", self.expires_in)
            .set("name", self.name.as_str());
        if !self.constraints.is_empty() {
            let all: Vec<Value> = self.constraints.iter().map(Constraint::body).collect();
            members = members.set("constraints", all);
        }
        Ok(members.into_value())
    }
}

impl Constraint {
    /// This path and no other, such as `users/me`.
    pub fn exact(path: impl Into<String>) -> Self {
        Self::of(ConstraintType::Exact, Some(path.into()))
    }

    /// Paths that begin so.
    pub fn prefix(path: impl Into<String>) -> Self {
        Self::of(ConstraintType::Prefix, Some(path.into()))
    }

    /// Paths that a regular expression matches as a whole.
    pub fn regex(pattern: impl Into<String>) -> Self {
        Self::of(ConstraintType::Regex, Some(pattern.into()))
    }

    /// All paths.
    pub fn any_path() -> Self {
        Self::of(ConstraintType::Verb, None)
    }

    fn of(constraint_type: ConstraintType, constraint: Option<String>) -> Self {
        Self {
            constraint,
            constraint_type,
            ..Self::default()
        }
    }

    /// Allows reading: GET and HEAD.
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.get_allowed = true;
        self.head_allowed = true;
        self
    }

    /// Allows writing: POST, PUT, PATCH and DELETE.
    #[must_use]
    pub fn writing(mut self) -> Self {
        self.post_allowed = true;
        self.put_allowed = true;
        self.patch_allowed = true;
        self.delete_allowed = true;
        self
    }

    fn body(&self) -> Value {
        Members::new()
            .set_if("constraint", self.constraint.as_ref())
            .set(
                "constraint_type",
                String::from(self.constraint_type.clone()),
            )
            .set("get_allowed", self.get_allowed)
            .set("head_allowed", self.head_allowed)
            .set("post_allowed", self.post_allowed)
            .set("put_allowed", self.put_allowed)
            .set("patch_allowed", self.patch_allowed)
            .set("delete_allowed", self.delete_allowed)
            .into_value()
    }
}

/// Where a favourite goes in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// To the top.
    Top,
    /// To the bottom.
    Bottom,
    /// One step up.
    Higher,
    /// One step down.
    Lower,
}

impl Rank {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Bottom => "bottom",
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }
}

pub(super) fn favorite_body(object_id: i64, object_type: &ObjectType) -> Value {
    json!({ "object_id": object_id, "object_type": object_type.as_str() })
}
