//! Mail templates: the built-in ones, and those that administrators put in their place.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::settings::Setting;

/// One template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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

impl schemars::JsonSchema for MailTemplates {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("MailTemplates")
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let template = if generator.contract().is_deserialize() {
            schemars::json_schema!({ "anyOf": [MailTemplate::json_schema(generator), { "type": "null" }] })
        } else {
            generator.subschema_for::<MailTemplate>()
        };
        let named = Self::NAMES.iter();
        let properties: serde_json::Map<String, serde_json::Value> = named
            .map(|name| ((*name).to_owned(), template.clone().to_value()))
            .collect();
        schemars::json_schema!({
            "type": "object",
            "description": "The templates that differ from the built-in ones; null brings a built-in one back. \
                            `GET /mail-templates` shows all that are in force.",
            "properties": properties,
        })
    }
}

/// The built-in templates by name: the subject on the first line, then the text.
const BUILTIN: &[(&str, &str)] = &[
    ("activation", include_str!("mail_templates/activation.txt")),
    ("welcome", include_str!("mail_templates/welcome.txt")),
    (
        "password_reset",
        include_str!("mail_templates/password_reset.txt"),
    ),
    (
        "confirm_email",
        include_str!("mail_templates/confirm_email.txt"),
    ),
    (
        "notice_password",
        include_str!("mail_templates/notice_password.txt"),
    ),
    (
        "notice_email",
        include_str!("mail_templates/notice_email.txt"),
    ),
    (
        "notice_login",
        include_str!("mail_templates/notice_login.txt"),
    ),
    (
        "notice_second_factor",
        include_str!("mail_templates/notice_second_factor.txt"),
    ),
    (
        "notice_key_expiry",
        include_str!("mail_templates/notice_key_expiry.txt"),
    ),
];

impl MailTemplates {
    /// Those that carry a token: a link to a password or to a new address.
    pub const WITH_TOKEN: &'static [&'static str] =
        &["activation", "welcome", "password_reset", "confirm_email"];

    /// The names there are. A `message` is no template: its text comes whole.
    pub const NAMES: &'static [&'static str] = &{
        let mut names = [""; BUILTIN.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = BUILTIN[index].0;
            index += 1;
        }
        names
    };

    /// The template of a name that is in force: an administrator's, else the built-in one.
    #[must_use]
    pub fn template(&self, name: &str) -> Option<MailTemplate> {
        self.templates
            .get(name)
            .cloned()
            .or_else(|| Self::builtin(name))
    }

    /// The built-in template of a name.
    #[must_use]
    pub fn builtin(name: &str) -> Option<MailTemplate> {
        let (_, whole) = BUILTIN.iter().find(|(known, _)| *known == name)?;
        let (subject, text) = whole.split_once('\n').unwrap_or((whole, ""));
        Some(MailTemplate {
            subject: subject.to_owned(),
            text: text.trim_start().to_owned(),
            html: None,
        })
    }
}

impl Setting for MailTemplates {
    const NAME: &'static str = "mail_templates";
    const GOVERNS_SIGN_IN: bool = false;

    /// Of the notices alone, which carry none, nothing is led elsewhere.
    fn leads_elsewhere(&self, old: &Self) -> bool {
        let notice = |name: &&String| {
            MailTemplates::NAMES.contains(&name.as_str())
                && !MailTemplates::WITH_TOKEN.contains(&name.as_str())
        };
        let names = self.templates.keys().chain(old.templates.keys());
        names
            .filter(|name| !notice(name))
            .any(|name| self.templates.get(name) != old.templates.get(name))
    }
}
