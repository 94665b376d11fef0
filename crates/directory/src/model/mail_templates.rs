//! Mail templates that administrators change; the built-in ones belong to the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::settings::Setting;

/// One template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTemplate {
    /// The subject; values stand as `{{ name }}`.
    pub subject: String,
    /// The plain text, always sent.
    pub text: String,
    /// An HTML part beside it; values are escaped.
    #[serde(default)]
    pub html: Option<String>,
}

/// The templates that differ from the built-in ones, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, transparent)]
pub struct MailTemplates {
    /// By name, one of [`MailTemplates::NAMES`].
    pub templates: BTreeMap<String, MailTemplate>,
}

impl MailTemplates {
    /// The names there are. A `message` is no template: its text comes whole.
    pub const NAMES: &'static [&'static str] = &[
        "activation",
        "welcome",
        "password_reset",
        "confirm_email",
        "notice_password",
        "notice_email",
        "notice_second_factor",
    ];
}

impl Setting for MailTemplates {
    const NAME: &'static str = "mail_templates";
}
