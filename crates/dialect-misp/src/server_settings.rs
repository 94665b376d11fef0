//! The server's settings that administrators' scripts read and set (misp.md §8): those that mean something
//! here. Others are not found.

use directory::{Directory, Fault, KeyPolicy, Kind, PasswordRule};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body::{Fields, Sent};
use super::catalogue::PLATFORM;
use super::{protocol, wire};
use kit::{Authenticated, HandlerResult, Path};

/// The name of the dialect's own document.
const DOCUMENT: &str = "server";

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The settings that this dialect keeps itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSettings {
    /// Whether people may ask for accounts without a key.
    pub self_registration: bool,
}

impl ServerSettings {
    /// As they are, also before a user has signed in. A setting that cannot be read allows nothing.
    pub async fn of(directory: &Directory) -> Result<ServerSettings, Fault> {
        let stored = directory.dialect_setting(PLATFORM, DOCUMENT).await?;
        Ok(Self::read(stored))
    }

    fn read(stored: Option<Value>) -> ServerSettings {
        stored
            .and_then(|stored| serde_json::from_value(stored).ok())
            .unwrap_or_default()
    }
}

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    SelfRegistration,
    PasswordLength,
    AdvancedKeys,
    KeyValidity,
}

/// Each with its name, the vendor's level, its type and what it does.
const SETTINGS: &[(Which, &str, i64, &str, &str)] = &[
    (
        Which::SelfRegistration,
        "Security.allow_self_registration",
        1,
        "boolean",
        "Whether people may ask for an account without a key.",
    ),
    (
        Which::PasswordLength,
        "Security.password_policy_length",
        2,
        "numeric",
        "Characters that a password has at least, where the vendor's own policy is in force.",
    ),
    (
        Which::AdvancedKeys,
        "Security.advanced_authkeys",
        0,
        "boolean",
        "Several keys for each user, stored as digests; always on.",
    ),
    (
        Which::KeyValidity,
        "Security.advanced_authkeys_validity",
        1,
        "numeric",
        "Days that a new key lives at most; 0 sets no limit.",
    ),
];

fn find(
    name: &str,
) -> Result<&'static (Which, &'static str, i64, &'static str, &'static str), Fault> {
    SETTINGS
        .iter()
        .find(|setting| setting.1 == name)
        .ok_or(Fault::NotFound(Kind::Setting))
}

/// `servers/getSetting`.
pub async fn get(request: Authenticated, Path(name): Path<String>) -> HandlerResult {
    let (which, name, level, kind, description) = find(&name)?;
    let value = match which {
        Which::SelfRegistration => {
            json!(
                ServerSettings::of(request.state().directory())
                    .await?
                    .self_registration
            )
        }
        Which::PasswordLength => json!(request.password_rule().await?.minimum),
        Which::AdvancedKeys => json!(true),
        Which::KeyValidity => {
            let policy: KeyPolicy = request.setting().await?;
            json!(policy.longest_life / DAY)
        }
    };
    let body = json!({
        "level": level, "description": description, "value": value, "type": kind, "name": name,
    });
    Ok(wire::shown(&request, &body))
}

/// `servers/serverSettingsEdit`. Quirk: the answer's path does not name the setting (misp.md §8).
pub async fn edit(
    request: Authenticated,
    Path(name): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let place = protocol::place(&request.info);
    let (which, ..) = find(&name)?;
    let mut fields = Fields::of(body, "Server");
    let refused = |errors: Option<Value>| {
        let errors = errors.unwrap_or_else(|| json!({ "value": ["Invalid value."] }));
        Ok(protocol::said(&request.info, place.failure(errors)))
    };
    match which {
        Which::SelfRegistration => {
            let Some(self_registration) = fields.flag("value") else {
                return refused(fields.errors());
            };
            let new = json!(ServerSettings { self_registration });
            request.change_dialect_setting(DOCUMENT, new).await?;
        }
        Which::PasswordLength => {
            let minimum = fields.filled_number("value", "numeric");
            let Some(minimum) = minimum.and_then(|number| u32::try_from(number).ok()) else {
                return refused(fields.errors());
            };
            let rule = PasswordRule {
                minimum,
                ..request.password_rule().await?
            };
            request.change_password_rule(rule).await?;
        }
        Which::AdvancedKeys => {
            // Keys are never kept readable, so the vendor's older kind cannot be had.
            if fields.flag("value") != Some(true) {
                return refused(fields.errors());
            }
        }
        Which::KeyValidity => {
            let days = fields.filled_number("value", "numeric");
            let Some(longest_life) = days.and_then(|days| days.checked_mul(DAY)) else {
                return refused(fields.errors());
            };
            request.change_setting(KeyPolicy { longest_life }).await?;
        }
    }
    let body = wire::success("Field updated", "/servers/serverSettingsEdit", None);
    Ok(wire::shown(&request, &body))
}
