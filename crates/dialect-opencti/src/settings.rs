//! Settings: the platform's own page of parameters. Usher keeps what scripts set and shows it again;
//! what it acts on are the figures of the password policy and the address that mails name.

use directory::Setting;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::documents::LANGUAGES;
use super::edit::Edit;
use super::errors;
use super::ids;
use graphql::Refusal;

/// What administrators changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlatformSettings {
    /// Changed parameters by the vendor's names.
    pub changed: Map<String, Value>,
    /// Messages shown to everybody.
    pub messages: Vec<Message>,
    /// The platform's own organisation, by internal id.
    pub organisation: Option<String>,
    /// When it was last changed, in milliseconds.
    pub updated_at: Option<i64>,
}

impl Setting for PlatformSettings {
    const NAME: &'static str = "opencti";
    const GOVERNS_SIGN_IN: bool = false;
}

/// A message shown to people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// The text.
    pub message: String,
    /// Whether it is shown.
    pub activated: bool,
    /// Whether people may put it away.
    pub dismissible: bool,
    /// When it was changed, RFC 3339.
    pub updated_at: String,
    /// Its colour.
    pub color: Option<String>,
    /// To whom it is shown, by internal id; empty means everybody.
    pub recipients: Vec<String>,
}

/// How a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// An e-mail address.
    Mail,
    /// An address on the web.
    Web,
    /// One of the platform's languages.
    Language,
    Flag,
    Number,
}

impl Kind {
    /// What is wrong with a text of this kind, if anything.
    fn complaint(self, text: &str) -> Option<&'static str> {
        let (fine, complaint) = match self {
            Self::Mail => (
                directory::check_email(text).is_ok(),
                "The value must be an e-mail address",
            ),
            Self::Web => (
                directory::is_web_address(text),
                "The value must be an address on the web",
            ),
            Self::Language => (
                LANGUAGES.contains(&text),
                "The value must be a language of the platform",
            ),
            Self::Text | Self::Flag | Self::Number => {
                (text.chars().count() <= 10_000, "The value is too long")
            }
        };
        (!fine).then_some(complaint)
    }
}

/// The parameter that names the platform's own organisation.
pub const ORGANIZATION: &str = "platform_organization";

/// The parameters that can be changed.
const PARAMETERS: &[(&str, Kind)] = &[
    ("platform_title", Kind::Text),
    ("platform_favicon", Kind::Text),
    ("platform_email", Kind::Mail),
    ("platform_url", Kind::Web),
    ("platform_language", Kind::Language),
    ("platform_theme", Kind::Text),
    ("platform_login_message", Kind::Text),
    ("platform_consent_message", Kind::Text),
    ("platform_consent_confirm_text", Kind::Text),
    ("platform_banner_text", Kind::Text),
    ("platform_banner_level", Kind::Text),
    ("platform_openaev_url", Kind::Web),
    ("platform_opengrc_url", Kind::Web),
    ("platform_whitemark", Kind::Flag),
    ("platform_reference_attachment", Kind::Flag),
    ("analytics_google_analytics_v4", Kind::Text),
    ("otp_mandatory", Kind::Flag),
    ("password_policy_min_length", Kind::Number),
    ("password_policy_max_length", Kind::Number),
    ("password_policy_min_symbols", Kind::Number),
    ("password_policy_min_numbers", Kind::Number),
    ("password_policy_min_words", Kind::Number),
    ("password_policy_min_lowercase", Kind::Number),
    ("password_policy_min_uppercase", Kind::Number),
    ("password_policy_validity_days", Kind::Number),
];

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// What else the settings show.
#[derive(Debug, Clone, Default)]
pub struct PlatformFacts {
    /// When the installation was made, RFC 3339.
    pub since: String,
    /// The address people reach it under.
    pub url: Option<String>,
    /// A session's life without use, in milliseconds.
    pub idle: i64,
    /// A session's longest life, in milliseconds.
    pub longest: i64,
}

/// The id of the settings, the same everywhere.
pub fn uuid() -> uuid::Uuid {
    ids::fixed("settings")
}

/// The id as text.
pub fn id() -> String {
    uuid().to_string()
}

impl PlatformSettings {
    /// The standing figures of the password policy, by what they count.
    fn figure(&self, name: &str) -> usize {
        let figure = self.changed.get(&format!("password_policy_{name}"));
        let figure = figure.and_then(Value::as_i64).unwrap_or(0);
        usize::try_from(figure).unwrap_or(0)
    }

    /// Until when a password that is set now may be used; nothing while the policy names no days.
    pub fn password_end(&self, now: directory::Time) -> Option<String> {
        let days = i64::try_from(self.figure("validity_days")).unwrap_or(0);
        (days > 0).then(|| now.plus(days.saturating_mul(DAY)).rfc3339())
    }

    /// What the vendor's policy finds wrong with a password; it is off until somebody sets a figure.
    pub fn complaint(&self, password: &str) -> Option<String> {
        let count = |of: fn(char) -> bool| password.chars().filter(|letter| of(*letter)).count();
        let words = password.split(|letter: char| !letter.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty()).count();
        let least = [
            ("min_length", password.chars().count(), "size"),
            (
                "min_symbols",
                count(|letter| !letter.is_alphanumeric()),
                "symbols",
            ),
            (
                "min_numbers",
                count(|letter| letter.is_numeric()),
                "numbers",
            ),
            ("min_words", words, "words"),
            ("min_lowercase", count(char::is_lowercase), "lowercase"),
            ("min_uppercase", count(char::is_uppercase), "uppercase"),
        ];
        for (name, has, what) in least {
            let needed = self.figure(name);
            if has < needed {
                return Some(format!("required {what} is at least {needed}"));
            }
        }
        let most = self.figure("max_length");
        (most > 0 && password.chars().count() > most)
            .then(|| format!("required size is at most {most}"))
    }

    /// Applies an edit.
    pub fn change(&mut self, edit: &Edit) -> Result<(), Refusal> {
        if edit.key == ORGANIZATION {
            self.organisation = edit.optional_text()?;
            return Ok(());
        }
        let Some((name, kind)) = PARAMETERS.iter().find(|(name, _)| *name == edit.key) else {
            return Err(errors::unsupported("This setting cannot be changed")
                .with("key", edit.key.as_str()));
        };
        let value = match kind {
            Kind::Text | Kind::Mail | Kind::Web | Kind::Language => {
                let text = edit.optional_text()?;
                if let Some(complaint) = text.as_deref().and_then(|text| kind.complaint(text)) {
                    return Err(errors::validation(name, complaint));
                }
                if text.is_none() && *kind == Kind::Web {
                    // Cleared, the address is the one people come by.
                    self.changed.remove(*name);
                    return Ok(());
                }
                text.map_or(Value::Null, Value::from)
            }
            Kind::Flag => edit.flag()?.into(),
            Kind::Number => match edit.number()? {
                Some(number) if !(0..=1_000).contains(&number) => {
                    return Err(errors::validation(
                        name,
                        "The figure must be between 0 and 1000",
                    ));
                }
                number => number.map_or(Value::Null, Value::from),
            },
        };
        self.changed.insert((*name).to_owned(), value);
        Ok(())
    }

    /// The settings as an object of the graph, without what holds other objects.
    pub fn shown(&self, facts: &PlatformFacts) -> Value {
        let updated = self.updated_at.map(|at| directory::Time(at).rfc3339());
        let mut shown = json!({
            "id": id(),
            "standard_id": format!("settings--{}", id()),
            "entity_type": "Settings",
            "parent_types": ["Basic-Object", "Internal-Object"],
            "created_at": facts.since,
            "updated_at": updated.as_deref().unwrap_or(&facts.since),
            "platform_title": "OpenCTI - Cyber Threat Intelligence Platform",
            "platform_email": "admin@opencti.io",
            "platform_url": facts.url,
            "platform_language": "auto",
            "platform_cluster": {"instances_number": 1},
            "platform_modules": [],
            "platform_providers": [
                {"name": "local", "type": "FORM", "strategy": "LocalStrategy", "provider": "local"},
            ],
            "platform_user_statuses": statuses(),
            "platform_ai_enabled": false,
            "platform_ai_has_token": false,
            "platform_ai_type": null,
            "platform_ai_model": null,
            "platform_session_idle_timeout": facts.idle,
            "platform_session_timeout": facts.longest,
            "platform_whitemark": false,
            "platform_demo": false,
            "platform_reference_attachment": false,
            "platform_feature_flags": [],
            "platform_critical_alerts": [],
            "platform_trash_enabled": false,
            "platform_protected_sensitive_config": protected(),
            "platform_enterprise_edition": licence(&facts.since),
            "activity_listeners": [],
            "representative": {"main": "Settings", "secondary": null},
            "refreshed_at": null,
            "view_all_users": false,
            "platform_map_tile_server_dark": null,
            "platform_map_tile_server_light": null,
            "platform_session_max_concurrent": 0,
            "otp_mandatory": false,
        });
        if let Value::Object(shown) = &mut shown {
            // A parameter that was never set is shown as null, not as a field without an answer.
            for (name, _) in PARAMETERS {
                shown.entry(*name).or_insert(Value::Null);
            }
            for (name, value) in &self.changed {
                if name != "platform_theme" {
                    shown.insert(name.clone(), value.clone());
                }
            }
            shown.insert("platform_theme".to_owned(), theme());
        }
        shown
    }
}

fn statuses() -> Value {
    use directory::Standing as S;
    [
        ("Active", "The account is in use.", None),
        ("Inactive", "", Some(S::Inactive)),
        ("Locked", "", Some(S::Locked)),
        ("Expired", "", Some(S::Expired)),
    ]
    .into_iter()
    .map(|(status, message, standing)| {
        let message = standing.map_or(message, errors::standing_text);
        json!({"status": status, "message": message})
    })
    .collect()
}

fn protected() -> Value {
    let off = || json!({"enabled": false, "protected_ids": []});
    json!({
        "enabled": false,
        "markings": off(),
        "groups": off(),
        "roles": off(),
        "rules": off(),
        "ce_ee_toggle": off(),
        "connector_reset": off(),
        "file_indexing": off(),
        "platform_organization": off(),
    })
}

/// There is no licence and nothing that needs one.
fn licence(since: &str) -> Value {
    json!({
        "license_enterprise": false,
        "license_by_configuration": false,
        "license_customer": "",
        "license_validated": false,
        "license_valid_cert": false,
        "license_expired": false,
        "license_expiration_prevention": false,
        "license_start_date": since,
        "license_expiration_date": since,
        "license_platform": "",
        "license_type": "",
        "license_platform_match": false,
        "license_creator": "",
        "license_global": false,
    })
}

fn theme() -> Value {
    let id = ids::fixed("theme");
    json!({
        "id": id,
        "standard_id": format!("theme--{id}"),
        "entity_type": "Theme",
        "parent_types": ["Basic-Object", "Internal-Object"],
        "name": "Dark",
        "theme_background": "#070d19",
        "theme_paper": "#09101e",
        "theme_nav": "#070d19",
        "theme_primary": "#0fbcff",
        "theme_secondary": "#00f1bd",
        "theme_accent": "#0f1e38",
        "theme_logo": "",
        "theme_logo_collapsed": "",
        "theme_logo_login": "",
        "theme_text_color": "#ffffff",
        "built_in": true,
        "representative": {"main": "Dark", "secondary": null},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(settings: &mut PlatformSettings, key: &str, value: Value) -> Result<(), Refusal> {
        let input = json!([{"key": key, "value": [value]}]);
        settings.change(&super::super::edit::read(Some(&input)).unwrap()[0])
    }

    #[test]
    fn changes_are_shown_again() {
        let mut settings = PlatformSettings::default();
        change(&mut settings, "platform_title", json!("Usher")).unwrap();
        change(&mut settings, "otp_mandatory", json!("true")).unwrap();
        change(&mut settings, "platform_language", json!("fr-fr")).unwrap();
        change(&mut settings, "platform_email", json!("cti@example.org")).unwrap();
        let url = json!("https://cti.example.org/opencti");
        change(&mut settings, "platform_url", url.clone()).unwrap();
        assert_eq!(
            settings.shown(&PlatformFacts::default())["platform_url"],
            url
        );
        change(&mut settings, "platform_url", json!(null)).unwrap();
        let facts = PlatformFacts {
            url: Some("https://usher.example.org".to_owned()),
            ..PlatformFacts::default()
        };
        let shown = settings.shown(&facts);
        assert_eq!(shown["platform_url"], "https://usher.example.org");
        assert_eq!(shown["platform_email"], "cti@example.org");
        change(&mut settings, "password_policy_min_length", json!("8")).unwrap();
        let shown = settings.shown(&PlatformFacts::default());
        assert_eq!(shown["platform_title"], "Usher");
        assert_eq!(shown["otp_mandatory"], true);
        assert_eq!(shown["password_policy_min_length"], 8);
        for (key, value, code) in [
            (
                "platform_enterprise_edition",
                json!("x"),
                "UNSUPPORTED_ERROR",
            ),
            ("id", json!("x"), "UNSUPPORTED_ERROR"),
            ("password_policy_min_length", json!(-1), "VALIDATION_ERROR"),
            (
                "password_policy_min_length",
                json!("many"),
                "VALIDATION_ERROR",
            ),
            ("platform_title", json!({}), "VALIDATION_ERROR"),
            (
                "platform_title",
                json!("x".repeat(10_001)),
                "VALIDATION_ERROR",
            ),
            ("platform_email", json!("nobody"), "VALIDATION_ERROR"),
            (
                "platform_url",
                json!("javascript:alert(1)"),
                "VALIDATION_ERROR",
            ),
            ("platform_language", json!("xx-xx"), "VALIDATION_ERROR"),
        ] {
            assert_eq!(
                change(&mut settings, key, value).unwrap_err().code,
                code,
                "{key}"
            );
        }
    }

    #[test]
    fn the_policy_counts() {
        let figures = |figures: &[(&str, i64)]| {
            let mut settings = PlatformSettings::default();
            for (name, figure) in figures {
                change(
                    &mut settings,
                    &format!("password_policy_{name}"),
                    json!(figure),
                )
                .unwrap();
            }
            settings
        };
        for (policy, password, fine) in [
            (figures(&[]), "x", true),
            (figures(&[("min_length", 3)]), "ab", false),
            (figures(&[("min_length", 3)]), "äöü", true),
            (figures(&[("max_length", 3)]), "abcd", false),
            (figures(&[("min_symbols", 1)]), "abc", false),
            (figures(&[("min_symbols", 1)]), "a-c", true),
            (figures(&[("min_numbers", 2)]), "a1", false),
            (figures(&[("min_words", 2)]), "one two", true),
            (figures(&[("min_words", 2)]), "onetwo", false),
            (
                figures(&[("min_lowercase", 1), ("min_uppercase", 1)]),
                "ab",
                false,
            ),
            (
                figures(&[("min_lowercase", 1), ("min_uppercase", 1)]),
                "aB",
                true,
            ),
        ] {
            assert_eq!(policy.complaint(password).is_none(), fine, "{password}");
        }
    }
}
