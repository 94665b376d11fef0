//! Queries, inputs and edits.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::core::change::{Change, Members};
use crate::core::secret::Secret;
use crate::opencti::answers::AccountStatus;
use crate::opencti::filters::FilterGroup;
use crate::opencti::ids::{GroupId, OrganizationId, UserId};

/// Which of a list are asked for, and in which order.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ListQuery {
    page_size: Option<u32>,
    after: Option<String>,
    order_by: Option<String>,
    descending: bool,
    filters: Option<FilterGroup>,
    search: Option<String>,
}

/// Which users are asked for, and in which order.
pub type UserQuery = ListQuery;

impl ListQuery {
    /// All, by name.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many a page has: 500, unless said otherwise; the platform gives at most 5000.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// Begins after this cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// By this field: of users `name`, `user_email`, `firstname`, `lastname`, `language`, `external`, `created_at`,
    /// `updated_at` or `_score`.
    #[must_use]
    pub fn order_by(mut self, field: impl Into<String>) -> Self {
        self.order_by = Some(field.into());
        self
    }

    /// The last ones first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Those for which this holds.
    #[must_use]
    pub fn filters(mut self, filters: FilterGroup) -> Self {
        self.filters = Some(filters);
        self
    }

    /// Those that hold these words. It is a hint: to look one person up, use [`find_user`](super::OpenCti::find_user).
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    pub(super) fn first_page(&self) -> Option<String> {
        self.after.clone()
    }

    pub(super) fn variables(&self, after: Option<&str>, with_filters: bool) -> Value {
        let mut variables = json!({
            "first": self.page_size.unwrap_or(500),
            "after": after,
            "orderBy": self.order_by.as_deref().unwrap_or("name"),
            "orderMode": if self.descending { "desc" } else { "asc" },
            "search": self.search,
        });
        if with_filters {
            variables["filters"] = json!(self.filters);
        }
        variables
    }
}

/// One user: by id, or the first that a filter or a search finds.
#[derive(Clone, Debug)]
pub enum UserSelector {
    /// By id.
    Id(UserId),
    /// The first for which this holds.
    Filters(FilterGroup),
    /// The first that holds these words.
    Search(String),
}

impl From<UserId> for UserSelector {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

impl From<&UserId> for UserSelector {
    fn from(id: &UserId) -> Self {
        Self::Id(id.clone())
    }
}

impl From<FilterGroup> for UserSelector {
    fn from(filters: FilterGroup) -> Self {
        Self::Filters(filters)
    }
}

/// A user to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewUser {
    name: String,
    user_email: String,
    password: Option<Secret>,
    texts: Vec<(&'static str, String)>,
    submenu_show_icons: bool,
    submenu_auto_collapse: bool,
    monochrome_labels: bool,
    service_account: bool,
    prevent_default_groups: Option<bool>,
    groups: Option<Vec<GroupId>>,
    organizations: Option<Vec<OrganizationId>>,
    lock_after: Option<Timestamp>,
    confidence: Option<Confidence>,
}

/// A level of confidence to be set.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Confidence {
    max: u8,
    overrides: Vec<(String, u8)>,
}

impl Confidence {
    /// At most this, from 0 to 100.
    pub fn new(max: u8) -> Self {
        Self {
            max,
            overrides: Vec::new(),
        }
    }

    /// Something else for one kind of thing.
    #[must_use]
    pub fn for_type(mut self, entity_type: impl Into<String>, max: u8) -> Self {
        self.overrides.push((entity_type.into(), max));
        self
    }

    fn value(&self) -> Value {
        let overrides: Vec<Value> = self
            .overrides
            .iter()
            .map(|(kind, max)| json!({"entity_type": kind, "max_confidence": max}))
            .collect();
        json!({"max_confidence": self.max, "overrides": overrides})
    }
}

impl NewUser {
    /// A user with name and address. Without a [password](Self::password) one is made that is known to no one.
    pub fn new(name: impl Into<String>, user_email: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            user_email: user_email.into(),
            password: None,
            texts: Vec::new(),
            submenu_show_icons: false,
            submenu_auto_collapse: false,
            monochrome_labels: false,
            service_account: false,
            prevent_default_groups: None,
            groups: None,
            organizations: None,
            lock_after: None,
            confidence: None,
        }
    }

    /// The password.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    fn text(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.texts.push((name, text.into()));
        self
    }

    /// The given name.
    #[must_use]
    pub fn firstname(self, firstname: impl Into<String>) -> Self {
        self.text("firstname", firstname)
    }

    /// The family name.
    #[must_use]
    pub fn lastname(self, lastname: impl Into<String>) -> Self {
        self.text("lastname", lastname)
    }

    /// A description.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        self.text("description", description)
    }

    /// The language: `auto`, `en-us`, `fr-fr` …
    #[must_use]
    pub fn language(self, language: impl Into<String>) -> Self {
        self.text("language", language)
    }

    /// The theme.
    #[must_use]
    pub fn theme(self, theme: impl Into<String>) -> Self {
        self.text("theme", theme)
    }

    /// The system of units: `auto`, `Metric` or `Imperial`.
    #[must_use]
    pub fn unit_system(self, system: impl Into<String>) -> Self {
        self.text("unit_system", system)
    }

    /// The status.
    #[must_use]
    pub fn status(self, status: &AccountStatus) -> Self {
        self.text("account_status", status.as_str())
    }

    /// The mail template for the first mail; Enterprise Edition only.
    #[must_use]
    pub fn email_template(self, template: impl Into<String>) -> Self {
        self.text("email_template_id", template)
    }

    /// When the account expires.
    #[must_use]
    pub fn lock_after(mut self, at: Timestamp) -> Self {
        self.lock_after = Some(at);
        self
    }

    /// A setting of the person's screen.
    #[must_use]
    pub fn submenu_show_icons(mut self, show: bool) -> Self {
        self.submenu_show_icons = show;
        self
    }

    /// A setting of the person's screen.
    #[must_use]
    pub fn submenu_auto_collapse(mut self, collapse: bool) -> Self {
        self.submenu_auto_collapse = collapse;
        self
    }

    /// A setting of the person's screen.
    #[must_use]
    pub fn monochrome_labels(mut self, monochrome: bool) -> Self {
        self.monochrome_labels = monochrome;
        self
    }

    /// Whether the account is a program's.
    #[must_use]
    pub fn service_account(mut self, service: bool) -> Self {
        self.service_account = service;
        self
    }

    /// Whether the groups are all, and the platform's default ones are not added.
    #[must_use]
    pub fn prevent_default_groups(mut self, prevent: bool) -> Self {
        self.prevent_default_groups = Some(prevent);
        self
    }

    /// The groups.
    #[must_use]
    pub fn groups(mut self, groups: impl Into<Vec<GroupId>>) -> Self {
        self.groups = Some(groups.into());
        self
    }

    /// The organizations.
    #[must_use]
    pub fn organizations(mut self, organizations: impl Into<Vec<OrganizationId>>) -> Self {
        self.organizations = Some(organizations.into());
        self
    }

    /// The person's own level of confidence.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    pub(super) fn secret(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    pub(super) fn input(&self) -> Value {
        let password = self.password.as_ref().map(Secret::expose);
        let mut members = Members::new()
            .set("user_email", self.user_email.as_str())
            .set("name", self.name.as_str())
            .set_if("password", password.as_ref());
        for (name, text) in &self.texts {
            members = members.set(name, text.as_str());
        }
        let lock_after = self.lock_after.map(milliseconds);
        members
            .set_if("objectOrganization", self.organizations.as_ref())
            .set_if("groups", self.groups.as_ref())
            .set_if("account_lock_after_date", lock_after.as_ref())
            .set("submenu_show_icons", self.submenu_show_icons)
            .set("submenu_auto_collapse", self.submenu_auto_collapse)
            .set("monochrome_labels", self.monochrome_labels)
            .set_if(
                "user_confidence_level",
                self.confidence.as_ref().map(Confidence::value).as_ref(),
            )
            .set("user_service_account", self.service_account)
            .set_if(
                "prevent_default_groups",
                self.prevent_default_groups.as_ref(),
            )
            .into_value()
    }
}

/// As the platform writes times.
fn milliseconds(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A change of one field of a user.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Edit {
    key: String,
    value: Vec<Value>,
    operation: Option<&'static str>,
    object_path: Option<String>,
    secret: Option<Secret>,
}

impl Edit {
    /// Sets a field.
    pub fn set(field: impl Into<String>, value: impl Into<Value>) -> Self {
        let (key, mut value) = (field.into(), vec![value.into()]);
        // A password is a secret however it is given.
        let secret = match value.first() {
            Some(Value::String(text)) if key == "password" => Some(Secret::new(text.as_str())),
            _ => None,
        };
        if secret.is_some() {
            value.clear();
        }
        Self {
            key,
            value,
            operation: None,
            object_path: None,
            secret,
        }
    }

    /// Clears a field.
    pub fn clear(field: impl Into<String>) -> Self {
        Self::set(field, Value::Null)
    }

    /// Adds to a field that holds several values.
    pub fn add(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            operation: Some("add"),
            ..Self::set(field, value)
        }
    }

    /// Takes out of a field that holds several values.
    pub fn remove(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            operation: Some("remove"),
            ..Self::set(field, value)
        }
    }

    /// Changes a part of the field.
    #[must_use]
    pub fn at(mut self, object_path: impl Into<String>) -> Self {
        self.object_path = Some(object_path.into());
        self
    }

    /// The status. Anything but `Active` ends sessions and refuses tokens.
    pub fn status(status: &AccountStatus) -> Self {
        Self::set("account_status", status.as_str())
    }

    /// When the account expires, or that it does not.
    pub fn lock_after(at: Change<Timestamp>) -> Option<Self> {
        match at {
            Change::Keep => None,
            Change::Clear => Some(Self::clear("account_lock_after_date")),
            Change::To(at) => Some(Self::set("account_lock_after_date", milliseconds(at))),
        }
    }

    /// The password.
    pub fn password(password: &Secret) -> Self {
        Self::set("password", password.expose())
    }

    /// The person's own level of confidence, or that there is none.
    pub fn confidence(confidence: Option<&Confidence>) -> Self {
        Self::set(
            "user_confidence_level",
            confidence.map_or(Value::Null, Confidence::value),
        )
    }

    pub(super) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    pub(super) fn input(&self) -> Value {
        let value = match &self.secret {
            Some(secret) => vec![secret.expose().into()],
            None => self.value.clone(),
        };
        Members::new()
            .set("key", self.key.as_str())
            .set_if("object_path", self.object_path.as_ref())
            .set("value", value)
            .set_if("operation", self.operation.as_ref())
            .into_value()
    }
}

/// How long a token lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenLife {
    /// For ever.
    #[default]
    Unlimited,
    /// 30 days.
    Days30,
    /// 60 days.
    Days60,
    /// 90 days.
    Days90,
    /// 365 days.
    Days365,
}

impl TokenLife {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Unlimited => "UNLIMITED",
            Self::Days30 => "DAYS_30",
            Self::Days60 => "DAYS_60",
            Self::Days90 => "DAYS_90",
            Self::Days365 => "DAYS_365",
        }
    }
}
