//! What only this dialect knows of a user: the document the directory keeps beside the row. Its
//! members are written one by one, so that simultaneous changes of different ones all count.

use directory::{NewExtension, Time};
use serde_json::{Map, Value};

use crate::fields::Values;

/// Members that carry a preference begin with this.
const PREFERENCE: &str = "preference.";
/// When a suspension was lifted, in milliseconds.
const UNSUSPENDED_AT: &str = "unsuspended_at";
/// When the announcements were last read.
const LAST_CHECKED: &str = "last_checked_announcements";

/// The preferences that everybody has until they change them or take them back.
const NOTIFICATIONS: [&str; 2] = [
    "default_success_notifications_on",
    "default_failure_notifications_on",
];

/// Stands for one of [`NOTIFICATIONS`] that its owner took back; no preference has such a value.
fn taken_back() -> Value {
    Value::Array(Vec::new())
}

/// Texts that requests set and answers show.
const TEXTS: [&str; 4] = ["city", "state", "initials", "phone"];
/// Flags that requests set and answers show.
const FLAGS: [&str; 4] = [
    "prefers_sms_otp",
    "vpn_enabled",
    "sso_disabled",
    "exempt_from_org_sms_otp_disabled",
];

/// The document of a user; what it does not hold has its default.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'a>(Option<&'a Value>);

impl<'a> Profile<'a> {
    /// Reads a stored document.
    #[must_use]
    pub fn read(document: Option<&'a Value>) -> Self {
        Self(document)
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name)
    }

    /// A text.
    #[must_use]
    pub fn text(self, name: &str) -> Option<String> {
        Some(self.get(name)?.as_str()?.to_owned())
    }

    /// A flag.
    #[must_use]
    pub fn flag(self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// When a suspension was lifted.
    #[must_use]
    pub fn unsuspended_at(self) -> Option<Time> {
        self.get(UNSUSPENDED_AT)?.as_i64().map(Time)
    }

    /// When the announcements were last read.
    #[must_use]
    pub fn last_checked_announcements(self) -> Option<String> {
        self.text(LAST_CHECKED)
    }

    /// The preferences that are set, over those that everybody has.
    #[must_use]
    pub fn preferences(self) -> Map<String, Value> {
        // Quirk: these two are on for everybody until taken back, and names inside are snake_case
        // (civis.md §4).
        let defaults = NOTIFICATIONS
            .iter()
            .map(|name| ((*name).to_owned(), true.into()));
        let mut shown: Map<String, Value> = defaults.collect();
        let members = self.0.and_then(Value::as_object);
        for (name, value) in members.into_iter().flatten() {
            let Some(name) = name.strip_prefix(PREFERENCE) else {
                continue;
            };
            if *value == taken_back() {
                shown.shift_remove(name);
            } else {
                shown.insert(name.to_owned(), value.clone());
            }
        }
        shown
    }
}

/// The members that a request for making or changing a user sets. A new name without initials derives
/// them anew.
#[must_use]
pub fn members_of_user(values: &Values) -> Map<String, Value> {
    let mut members = Map::new();
    for name in TEXTS {
        if let Some(text) = values.text_change(name) {
            members.insert(name.to_owned(), text.into());
        }
    }
    for name in FLAGS {
        if let Some(flag) = values.flag_change(name) {
            members.insert(name.to_owned(), flag.into());
        }
    }
    if values.has("name") && !values.has("initials") {
        members.insert("initials".to_owned(), Value::Null);
    }
    members
}

/// The members that a request for the caller's own settings sets; null takes a preference back.
#[must_use]
pub fn members_of_me(values: &Values) -> Map<String, Value> {
    let preferences = values.object("preferences").into_iter().flatten();
    let mut members: Map<String, Value> = preferences
        .map(|(name, value)| {
            let kept = value.is_null() && NOTIFICATIONS.contains(&name.as_str());
            let value = if kept { taken_back() } else { value.clone() };
            (format!("{PREFERENCE}{name}"), value)
        })
        .collect();
    if let Some(time) = values.raw(LAST_CHECKED) {
        members.insert(LAST_CHECKED.to_owned(), time.clone());
    }
    members
}

/// The member that notes when a suspension was lifted, or that it is over.
#[must_use]
pub fn unsuspended(at: Option<Time>) -> (String, Value) {
    let at = at.map(|time| time.milliseconds());
    (UNSUSPENDED_AT.to_owned(), at.into())
}

/// The document of a new user.
#[must_use]
pub fn extension(mut members: Map<String, Value>) -> NewExtension {
    members.retain(|_, value| !value.is_null());
    NewExtension {
        document: Value::Object(members),
        ..NewExtension::default()
    }
}
