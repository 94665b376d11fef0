//! Documents: what only OpenCTI knows of a user, a group, a role, an organisation. The directory
//! keeps them as they are; no right hangs on any of them.

use directory::NewExtension;
use serde::{Deserialize, Serialize};

use super::confidence::Level;

/// A dialect's own document with the terms it is filtered by.
pub trait Document: Serialize + for<'d> Deserialize<'d> + Default {
    /// The terms.
    fn terms(&self) -> Vec<(String, String)>;

    /// The document as it is stored.
    fn stored(&self) -> NewExtension {
        NewExtension {
            document: serde_json::to_value(self).unwrap_or_default(),
            terms: self.terms(),
        }
    }

    /// Reads a stored document; what is missing has its default, and so has what cannot be read.
    fn read(document: Option<&serde_json::Value>) -> Self {
        document
            .and_then(|document| Self::deserialize(document).ok())
            .unwrap_or_default()
    }
}

/// A user's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserDocument {
    /// Description.
    pub description: Option<String>,
    /// Theme.
    pub theme: String,
    /// Language, one of [`LANGUAGES`].
    pub language: String,
    /// `auto`, `Metric` or `Imperial`.
    pub unit_system: Option<String>,
    /// Look of the menu.
    pub submenu_show_icons: bool,
    /// Look of the menu.
    pub submenu_auto_collapse: bool,
    /// Look of labels.
    pub monochrome_labels: bool,
    /// The user's own confidence level.
    pub user_confidence_level: Option<Level>,
    /// News that the user does not want.
    pub unsubscribed_news_feed_types: Vec<String>,
    /// Types that lists leave out for this user.
    pub default_hidden_types: Vec<String>,
    /// Which date lists go by.
    pub default_time_field: Option<String>,
    /// When the password has to be changed; from then on it is replaced without being named.
    pub password_valid_until: Option<String>,
    /// Whatever else a script sets that the vendor knows and Usher has no use for.
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// The languages of the platform.
pub const LANGUAGES: &[&str] = &[
    "auto", "es-es", "fr-fr", "ja-jp", "zh-cn", "en-us", "de-de", "ko-kr", "ru-ru", "it-it",
];

impl Default for UserDocument {
    fn default() -> Self {
        Self {
            description: None,
            theme: "default".to_owned(),
            language: "auto".to_owned(),
            unit_system: None,
            submenu_show_icons: false,
            submenu_auto_collapse: false,
            monochrome_labels: false,
            user_confidence_level: None,
            unsubscribed_news_feed_types: Vec::new(),
            default_hidden_types: Vec::new(),
            default_time_field: None,
            password_valid_until: None,
            other: serde_json::Map::new(),
        }
    }
}

impl UserDocument {
    /// Whether the time of the password is over.
    pub fn password_is_over(&self, now: directory::Time) -> bool {
        let end = self.password_valid_until.as_deref();
        end.and_then(directory::Time::parse)
            .is_some_and(|end| end <= now)
    }
}

impl Document for UserDocument {
    fn terms(&self) -> Vec<(String, String)> {
        let mut terms = Vec::new();
        // The defaults stand for themselves, so that people made elsewhere are found by them too.
        if self.language != "auto" {
            terms.push(("language".to_owned(), self.language.clone()));
        }
        if self.theme != "default" {
            terms.push(("theme".to_owned(), folded(&self.theme)));
        }
        if let Some(description) = &self.description {
            terms.push(("description".to_owned(), folded(description)));
        }
        if let Some(field) = &self.default_time_field {
            terms.push(("default_time_field".to_owned(), folded(field)));
        }
        if let Some(units) = &self.unit_system {
            terms.push(("unit_system".to_owned(), folded(units)));
        }
        terms.extend(words("default_hidden_types", &self.default_hidden_types));
        let unsubscribed = &self.unsubscribed_news_feed_types;
        terms.extend(words("unsubscribed_news_feed_types", unsubscribed));
        terms.extend(flag("submenu_show_icons", self.submenu_show_icons));
        terms.extend(flag("submenu_auto_collapse", self.submenu_auto_collapse));
        terms.extend(flag("monochrome_labels", self.monochrome_labels));
        terms
    }
}

/// The enum's spelling of a unit system, whatever the case it came in.
pub fn unit_system(text: &str) -> Option<&'static str> {
    ["auto", "Metric", "Imperial"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(text.trim()))
}

/// A group's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupDocument {
    /// Its members do not count as creators.
    pub no_creators: bool,
    /// Its members delete only what they made.
    pub restrict_delete: bool,
    /// It may see markings made later.
    pub auto_new_marking: bool,
    /// Kinds of integration that it is given automatically.
    pub auto_integration_assignation: Vec<String>,
    /// Types that lists leave out.
    pub default_hidden_types: Vec<String>,
    /// The markings it may see, by internal id.
    pub allowed_marking: Vec<String>,
    /// The markings new things get.
    pub default_marking: Vec<DefaultMarking>,
    /// Kinds of marking that must not be shared.
    pub not_shareable_marking_types: Vec<String>,
    /// The highest markings that may be shared, by internal id.
    pub max_shareable_marking: Vec<String>,
    /// How far its members are believed.
    pub group_confidence_level: Option<Level>,
}

/// The markings new things of a type get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DefaultMarking {
    /// The type, `GLOBAL` for all.
    pub entity_type: String,
    /// Markings by internal id.
    pub values: Vec<String>,
}

impl Default for GroupDocument {
    fn default() -> Self {
        Self {
            no_creators: false,
            restrict_delete: false,
            auto_new_marking: false,
            auto_integration_assignation: Vec::new(),
            default_hidden_types: Vec::new(),
            allowed_marking: Vec::new(),
            default_marking: Vec::new(),
            not_shareable_marking_types: Vec::new(),
            max_shareable_marking: Vec::new(),
            group_confidence_level: Some(Level::of_newcomers()),
        }
    }
}

impl Document for GroupDocument {
    fn terms(&self) -> Vec<(String, String)> {
        let flags = [
            ("no_creators", self.no_creators),
            ("restrict_delete", self.restrict_delete),
            ("auto_new_marking", self.auto_new_marking),
        ];
        let flags = flags.into_iter().filter(|(_, flag)| *flag);
        // What is missing from belief: groups made elsewhere have no term, and are believed wholly.
        let level = self.group_confidence_level.as_ref();
        let doubt = 100 - level.and_then(|level| level.max_confidence).unwrap_or(-1);
        let doubt = Some(doubt).filter(|doubt| *doubt != 0);
        flags
            .map(|(name, _)| (name.to_owned(), "true".to_owned()))
            .chain(words(
                "auto_integration_assignation",
                &self.auto_integration_assignation,
            ))
            .chain(words("default_hidden_types", &self.default_hidden_types))
            .chain(words(
                "not_shareable_marking_types",
                &self.not_shareable_marking_types,
            ))
            .chain(figure(DOUBT, doubt))
            .collect()
    }
}

/// A role's document. What the role brings stands in its lines; this says which names were chosen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleDocument {
    /// The capabilities chosen, implied ones only if they were chosen too.
    pub capabilities: Option<Vec<String>>,
    /// The capabilities in drafts.
    pub capabilities_in_draft: Vec<String>,
    /// Shown; Usher keeps no such configuration.
    pub can_manage_sensitive_config: bool,
}

impl Document for RoleDocument {
    fn terms(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// An organisation's document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganisationDocument {
    /// How reliable it is, a vendor's sentence.
    pub reliability: Option<String>,
    /// Other names.
    pub aliases: Vec<String>,
    /// Score, 0 to 100.
    pub score: Option<i64>,
    /// Confidence, 0 to 100.
    pub confidence: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// What it does, free words.
    pub roles: Vec<String>,
    /// When it was made, by the sender's account.
    pub created: Option<String>,
    /// When it was changed, by the sender's account.
    pub modified: Option<String>,
    /// Types that lists leave out for its people.
    pub default_hidden_types: Vec<String>,
    /// The language it is described in.
    pub lang: Option<String>,
    /// Other ids it is known by, standard ids that senders brought along.
    pub stix_ids: Vec<String>,
}

/// The term of an organisation for each id that a sender brought along.
pub const STIX_ID: &str = "stix_id";

impl Document for OrganisationDocument {
    fn terms(&self) -> Vec<(String, String)> {
        let mut terms: Vec<(String, String)> = self
            .aliases
            .iter()
            .map(|alias| ("alias".to_owned(), folded(alias)))
            .collect();
        if let Some(reliability) = &self.reliability {
            terms.push(("reliability".to_owned(), folded(reliability)));
        }
        terms.extend(
            self.stix_ids
                .iter()
                .map(|id| (STIX_ID.to_owned(), id.to_lowercase())),
        );
        terms.extend(words("roles", &self.roles));
        terms.extend(words("default_hidden_types", &self.default_hidden_types));
        let dates = [("created", &self.created), ("modified", &self.modified)];
        let dates = dates
            .into_iter()
            .filter_map(|(name, date)| Some((name, date.as_ref()?)));
        terms.extend(dates.map(|(name, date)| (name.to_owned(), date.clone())));
        terms.extend(
            self.lang
                .iter()
                .map(|lang| ("lang".to_owned(), folded(lang))),
        );
        terms.extend(flag("revoked", self.revoked));
        terms.extend(figure("score", self.score));
        terms.extend(figure("confidence", self.confidence));
        terms
    }
}

/// A text as it stands in a term: without case and accents, and no longer than an index takes.
pub fn folded(text: &str) -> String {
    directory::fold_search(text).chars().take(500).collect()
}

/// The terms of a list of words.
fn words(name: &'static str, words: &[String]) -> impl Iterator<Item = (String, String)> {
    words
        .iter()
        .map(move |word| (name.to_owned(), folded(word)))
}

/// The term of a flag that is set; one that is not set has none.
fn flag(name: &str, set: bool) -> Option<(String, String)> {
    set.then(|| (name.to_owned(), "true".to_owned()))
}

/// The term of a group that says how far its confidence level is from the highest.
pub const DOUBT: &str = "doubt";

/// A figure from 0 to 101 as a term: terms are texts, so it is written with three digits to be
/// ordered by what it says.
fn figure(name: &str, figure: Option<i64>) -> Option<(String, String)> {
    figure.map(|figure| (name.to_owned(), format!("{figure:03}")))
}

/// An e-mail template, kept as a record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateDocument {
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Subject.
    pub email_object: String,
    /// Sender's name.
    pub sender_email: String,
    /// Body, HTML with the vendor's variables.
    pub template_body: String,
}

impl Document for TemplateDocument {
    fn terms(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_unreadable_has_its_default() {
        assert_eq!(UserDocument::read(None), UserDocument::default());
        assert_eq!(
            UserDocument::read(Some(&json!("nonsense"))),
            UserDocument::default()
        );
        let partial = UserDocument::read(Some(&json!({"theme": "dark"})));
        assert_eq!(
            (partial.theme.as_str(), partial.language.as_str()),
            ("dark", "auto")
        );
        let stored = partial.stored();
        assert_eq!(UserDocument::read(Some(&stored.document)), partial);
        assert_eq!(stored.terms, [("theme".to_owned(), "dark".to_owned())]);
        let level = GroupDocument::read(Some(&json!({}))).group_confidence_level;
        assert_eq!(level, Some(Level::of_newcomers()));
    }

    #[test]
    fn unit_systems_are_folded() {
        for (given, expected) in [
            ("metric", Some("Metric")),
            ("IMPERIAL", Some("Imperial")),
            ("auto", Some("auto")),
            ("stones", None),
            ("", None),
        ] {
            assert_eq!(unit_system(given), expected);
        }
    }
}
