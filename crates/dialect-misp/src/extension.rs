//! What only MISP knows of users and roles: their extension documents. No right hangs on them.

use std::collections::BTreeMap;

use directory::{NewExtension, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::filter::{AUTO_ALERT, CONTACT_ALERT, MONITORED, PGP, SETTING, TERMS_ACCEPTED};

/// A user's document. What is left at its default is not stored, so people made through other doors
/// and people who never changed anything look alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserExtension {
    /// The PGP key, armoured.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gpgkey: String,
    /// The S/MIME certificate in PEM.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certif_public: String,
    /// The SID that IDS exports of this user begin at; made from the user's number when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nids_sid: Option<i64>,
    /// Mail about every event.
    #[serde(skip_serializing_if = "is_off")]
    pub autoalert: bool,
    /// Mail when contacted.
    #[serde(skip_serializing_if = "is_off")]
    pub contactalert: bool,
    /// Whether the terms of use were accepted.
    #[serde(skip_serializing_if = "is_off")]
    pub termsaccepted: bool,
    /// When the news were read, in seconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub newsread: i64,
    /// A daily summary by mail.
    #[serde(skip_serializing_if = "is_off")]
    pub notification_daily: bool,
    /// A weekly one.
    #[serde(skip_serializing_if = "is_off")]
    pub notification_weekly: bool,
    /// A monthly one.
    #[serde(skip_serializing_if = "is_off")]
    pub notification_monthly: bool,
    /// Shown, and without effect, as in the vendor's product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Time>,
    /// `change_pw` of somebody who has no password yet; true when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_pw: Option<bool>,
    /// Whether a site administrator has their requests logged.
    #[serde(skip_serializing_if = "is_off")]
    pub monitored: bool,
    /// When an administrator voided the password: the date of its last change moves with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_reset_at: Option<Time>,
    /// The user's settings by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, KeptSetting>,
}

/// A setting of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSetting {
    /// The JSON value that the client keeps there; the server does not read it.
    pub value: Value,
    /// When it was set, in seconds.
    pub timestamp: i64,
}

impl UserExtension {
    /// Reads a stored document; what cannot be read counts as absent.
    pub fn read(document: &Value) -> UserExtension {
        UserExtension::deserialize(document).unwrap_or_default()
    }

    /// The document to store, with what it is filtered by.
    pub fn stored(&self) -> NewExtension {
        let terms = [
            (AUTO_ALERT, self.autoalert),
            (CONTACT_ALERT, self.contactalert),
            (TERMS_ACCEPTED, self.termsaccepted),
            (MONITORED, self.monitored),
            (PGP, !self.gpgkey.trim().is_empty()),
        ];
        let flags = terms
            .into_iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| (name.to_owned(), "1".to_owned()));
        let settings = self.settings.keys();
        let settings = settings.map(|name| (SETTING.to_owned(), name.clone()));
        NewExtension {
            document: serde_json::to_value(self).unwrap_or_default(),
            terms: flags.chain(settings).collect(),
        }
    }
}

/// A role's document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleNotes {
    /// PHP's memory limit for its holders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<String>,
    /// PHP's time limit for its holders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_execution_time: Option<String>,
    /// Whether searches of events are limited.
    #[serde(skip_serializing_if = "is_off")]
    pub enforce_rate_limit: bool,
    /// To how many.
    #[serde(skip_serializing_if = "is_zero")]
    pub rate_limit_count: i64,
}

impl RoleNotes {
    /// Reads a stored document; what cannot be read counts as absent.
    pub fn read(document: &Value) -> RoleNotes {
        RoleNotes::deserialize(document).unwrap_or_default()
    }

    /// The document to store.
    pub fn stored(&self) -> NewExtension {
        NewExtension {
            document: serde_json::to_value(self).unwrap_or_default(),
            terms: Vec::new(),
        }
    }
}

// The two take references because serde calls them so.
fn is_off(flag: &bool) -> bool {
    !*flag
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_hold_only_what_was_changed() {
        assert_eq!(UserExtension::default().stored().document, json!({}));
        let notes = UserExtension {
            autoalert: true,
            nids_sid: Some(4_000_099),
            expiration: Some(Time(1_000)),
            ..UserExtension::default()
        };
        let stored = notes.stored();
        assert_eq!(
            stored.document,
            json!({"autoalert": true, "nids_sid": 4_000_099, "expiration": 1_000})
        );
        assert_eq!(stored.terms, [("autoalert".to_owned(), "1".to_owned())]);
        assert_eq!(UserExtension::read(&stored.document), notes);
        assert_eq!(UserExtension::read(&json!([1])), UserExtension::default());
        let role = RoleNotes {
            memory_limit: Some("512M".to_owned()),
            rate_limit_count: 100,
            ..RoleNotes::default()
        };
        assert_eq!(RoleNotes::read(&role.stored().document), role);
    }
}
