//! What the server says of itself, and what the vendor's product has beside people: preferences, one
//! profile, a licence.

use axum::http::StatusCode;
use directory::{Fault, UserChange, Wanted};
use serde_json::{Map, json};

use super::body::permitted;
use super::catalogue::Action;
use super::map::{self, Profile};
use super::reader::Fields;
use super::users::profile_of;
use super::wire;
use kit::{Anonymous, Authenticated, HandlerResult, JsonBody, reply};

/// The vendor's version that is imitated (tenable.md §7).
const VERSION: &str = "3.77.0";

/// The one profile there is (tenable.md §8).
pub const PROFILE: i64 = 1;

/// `GET /api/about`.
pub async fn about(request: Anonymous) -> HandlerResult {
    let about = wire::About {
        version: VERSION,
        hostname: map::host(&request.state.public_url()).to_owned(),
        is_saas_deployment: false,
    };
    Ok(reply::json(StatusCode::OK, &about))
}

fn preferences_of(profile: Profile) -> wire::Preferences {
    wire::Preferences {
        language: profile.language.unwrap_or_else(|| "en".to_owned()),
        preferred_profile_id: profile.preferred_profile.unwrap_or(PROFILE),
    }
}

/// `GET /api/preferences`: one's own.
pub async fn preferences(request: Authenticated) -> HandlerResult {
    let profile = profile_of(&request, request.caller.user()).await?;
    Ok(reply::json(StatusCode::OK, &preferences_of(profile)))
}

/// `PATCH /api/preferences`.
pub async fn change_preferences(request: Authenticated, JsonBody(body): JsonBody) -> HandlerResult {
    let fields = Fields::closed(&body, &["language", "preferredProfileId"])?;
    let language = fields.filled("language")?;
    let plain = |text: &str| {
        text.len() <= 35 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if language.as_deref().is_some_and(|text| !plain(text)) {
        return Err(Fault::invalid("language", "must be a language tag such as en or fr").into());
    }
    let preferred = fields.number("preferredProfileId", PROFILE, PROFILE)?;
    let mut members = Map::new();
    if let Some(language) = language {
        members.insert("language".to_owned(), json!(language));
    }
    if let Some(preferred) = preferred {
        members.insert("preferred_profile".to_owned(), json!(preferred));
    }
    let change = UserChange {
        extension_members: Some(members),
        ..UserChange::default()
    };
    let wanted = Wanted {
        documents: true,
        ..Wanted::default()
    };
    let shown = request.update_own_profile_and_show(change, wanted);
    let (user, related) = shown.await?;
    let profile = Profile::read(related.documents.get(&user.id));
    Ok(reply::json(StatusCode::OK, &preferences_of(profile)))
}

/// `GET /api/profiles`.
pub async fn profiles(_: Authenticated) -> HandlerResult {
    let profile = wire::Profile {
        id: PROFILE,
        name: "Tenable",
        deleted: false,
        directories: Vec::new(),
        dirty: false,
        has_ever_been_committed: true,
    };
    Ok(reply::json(StatusCode::OK, &[profile]))
}

/// `GET /api/license`: nothing is limited and nothing ends.
///
/// Quirk: the client refuses further keys and nulls (tenable.md §7, §9).
pub async fn license(request: Authenticated) -> HandlerResult {
    let count = request.count_users(&map::shown_active()).await?;
    let license = wire::License {
        customer_name: "Usher".to_owned(),
        max_active_user_count: 2_147_483_647,
        current_active_user_count: i64::try_from(count).unwrap_or(i64::MAX),
        expiration_date_utc: "9999-12-31T23:59:59.000Z",
        in_app_eula: false,
        license_type: "usher",
        features: Vec::new(),
    };
    Ok(reply::json(StatusCode::OK, &license))
}

/// Refuses callers whose roles do not name that they read profiles.
pub fn may_read_profiles(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, "profile", Action::Read)
}

/// Refuses callers whose roles do not name that they read the licence.
pub fn may_read_license(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, "license", Action::Read)
}
